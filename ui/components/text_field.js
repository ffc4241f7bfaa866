export default {
  inheritAttrs: false,
  emits: ["update:value"],
  template: `
    <q-input ref="qRef" v-bind="$attrs" v-model="text" :error="!!errorMessage"
      :aria-invalid="errorMessage ? 'true' : undefined" :aria-describedby="errorMessage || hint ? noteId : undefined">
      <template v-for="(_, slot) in $slots" v-slot:[slot]="slotProps"><slot :name="slot" v-bind="slotProps || {}" /></template>
      <template v-slot:error><span :id="noteId" class="fy-error" role="alert">{{ errorMessage }}</span></template>
      <template v-if="hint" v-slot:hint><span :id="noteId">{{ hint }}</span></template>
    </q-input>
  `,
  props: { value: String, id: String, errorMessage: String, hint: String, quiet: Boolean },
  data() { return { text: this.value, told: true }; },
  computed: { noteId() { return `${this.id}-note`; } },
  watch: {
    value(value) {
      this.told = false;
      this.text = value;
      this.$nextTick(() => { this.told = true; });
    },
    text(text) { if (this.told && !this.quiet) this.$emit("update:value", text); },
  },
  beforeUnmount() {
    const element = mounted_app.elements[this.id.slice(1)]; // what was typed outlives a redraw, as in NiceGUI's own input
    if (element) element.props.value = this.text;
  },
  methods: {
    updateValue() { this.text = this.value; },
    focus() {
      this.$refs.qRef.focus(); // Quasar's leaves the page where it is
      this.$nextTick(() => this.$el.scrollIntoView({ block: "nearest" }));
    },
  },
};
