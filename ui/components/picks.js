export default {
  emits: ["pick"],
  template: `
    <div class="fy-picks">
      <div v-for="field in fields" :key="field.key" class="fy-pick">
        <label :for="id + '-' + field.key">{{ field.label }}</label>
        <div class="fy-select">
          <select :id="id + '-' + field.key" :value="now[field.key]" :aria-describedby="field.hint ? id + '-' + field.key + '-hint' : undefined" @change="pick(field.key, $event.target.value)">
            <option v-for="[value, words] in field.options" :key="value" :value="value">{{ words }}</option>
            <template v-if="field.shared"><option v-for="[value, words] in shared" :key="value" :value="value">{{ words }}</option></template>
          </select>
          <q-icon :name="icon" aria-hidden="true" />
        </div>
        <span v-if="field.hint" :id="id + '-' + field.key + '-hint'" class="fy-xs fy-muted">{{ field.hint }}</span>
      </div>
    </div>
  `,
  props: { id: String, fields: Array, shared: Array, icon: String },
  data() { return { now: this.values() }; },
  watch: { fields() { this.now = this.values(); } },
  methods: {
    values() { return Object.fromEntries(this.fields.map((field) => [field.key, field.value])); },
    pick(key, value) {
      if (this.now[key] === value) return;
      this.now[key] = value;
      this.$emit("pick", { key, value });
    },
  },
};
