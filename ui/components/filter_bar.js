export default {
  emits: ["change", "drop", "clear"],
  template: `
    <div class="fy-filterbar">
      <div v-show="open" :id="id + '-panel'" class="fy-card fy-filterpanel" role="group" :aria-label="label">
        <slot />
        <div v-for="field in fields" :key="field.key" class="fy-pick">
          <label :for="id + '-' + field.key">{{ field.label }}</label>
          <div v-if="field.options" class="fy-select">
            <select :id="id + '-' + field.key" :value="now[field.key] ?? ''" :class="{ set: now[field.key] }" @change="set(field.key, $event.target.value)">
              <option v-for="[value, words] in field.options" :key="value" :value="value">{{ words }}</option>
            </select>
            <q-icon :name="icons.open" aria-hidden="true" />
          </div>
          <input v-else :id="id + '-' + field.key" type="date" min="1970-01-01" max="2199-12-31" :value="now[field.key] ?? ''" :class="{ set: now[field.key] }" @input="setDay(field.key, $event)" @change="setDay(field.key, $event)" />
        </div>
      </div>
      <div v-if="chips.length" ref="chips" class="fy-chips" role="group" :aria-label="words.active">
        <q-btn v-for="(chip, n) in chips" :key="chip.key" class="fy-chip fy-set" unelevated no-caps :ripple="false" :icon-right="icons.drop" :label="chip.words" :aria-label="words.drop.replace('%s', () => chip.words)" @click="drop(chip.key, n)" />
        <q-btn class="fy-ghost fy-small" unelevated no-caps :ripple="false" :label="words.clear" @click="clear" />
      </div>
    </div>
  `,
  props: { id: String, label: String, fields: Array, values: Object, chips: Array, open: Boolean, words: Object, icons: Object, toggle: String },
  data() { return { now: { ...this.values } }; },
  watch: { values(values) { this.now = { ...values }; } },
  methods: {
    set(key, value) {
      if ((this.now[key] ?? "") === value) return;
      this.now[key] = value;
      this.$emit("change", { key, value });
    },
    setDay(key, event) { // while a day is half typed its field has no value, and nothing is asked for
      const { value, validity } = event.target;
      if (!validity.badInput && (event.type === "change" || !value || value >= "1970")) this.set(key, validity.valid ? value : "");
    },
    drop(key, n) {
      this.$emit("drop", key);
      const next = [...this.$refs.chips.querySelectorAll("button")].filter((_, at) => at !== n);
      (next.length > 1 ? next[Math.min(n, next.length - 1)] : document.getElementById(this.toggle))?.focus();
    },
    clear() {
      this.$emit("clear");
      document.getElementById(this.toggle)?.focus();
    },
  },
};
