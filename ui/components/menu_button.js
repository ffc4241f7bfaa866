export default {
  emits: ["pick"],
  template: `
    <q-btn ref="button" unelevated no-caps :ripple="false" :label="label" :icon="icon || undefined" :icon-right="arrow || undefined"
      aria-haspopup="menu" :aria-expanded="open ? 'true' : 'false'" :aria-label="label">
      <q-menu v-model="open" :transition-duration="90" :offset="[0, 6]" :anchor="up ? 'top right' : 'bottom right'" :self="up ? 'bottom right' : 'top right'" :aria-label="label" @keydown="walk">
        <template v-for="(item, n) in items" :key="n">
          <q-separator v-if="item.line" />
          <div v-else-if="item.title" class="fy-menu-title" role="presentation">{{ item.title }}</div>
          <q-item v-else clickable v-close-popup :disable="item.off" :aria-disabled="item.off ? 'true' : undefined" :role="item.chosen === null ? 'menuitem' : 'menuitemradio'"
            :aria-checked="item.chosen === null ? undefined : item.chosen ? 'true' : 'false'" :aria-label="item.label" :class="{ 'fy-danger': item.danger }" @click="pick(item)">
            <q-item-section v-if="item.icon || item.chosen !== null" avatar><q-icon :name="item.chosen ? check : item.icon || undefined" aria-hidden="true" :class="{ 'fy-no-mark': item.chosen === false && !item.icon }" /></q-item-section>
            <q-item-section><div class="q-item__label">{{ item.label }}</div><div v-if="item.caption" class="q-item__label q-item__label--caption">{{ item.caption }}</div></q-item-section>
          </q-item>
        </template>
      </q-menu>
    </q-btn>
  `,
  props: { label: String, icon: String, arrow: String, check: String, items: Array, up: Boolean },
  data: () => ({ open: false }),
  methods: {
    focus() { this.$nextTick(() => this.$refs.button.$el.focus({ preventScroll: true })); },
    // The focus is back on the button before a dialog opens; else the dialog would return it to an item that is gone.
    pick(item) {
      if (item.off) return;
      this.$refs.button.$el.focus();
      this.$emit("pick", item.key);
    },
    walk(event) {
      const items = [...event.currentTarget.querySelectorAll("[role^=menuitem]:not(.disabled)")];
      const at = items.indexOf(document.activeElement), last = items.length - 1;
      const to = { ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
      if (to === undefined || last < 0) return;
      event.preventDefault();
      items[to].focus();
    },
  },
};
