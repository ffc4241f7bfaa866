export default {
  template: `
    <div class="fy-merge" role="group" :aria-label="label">
      <q-btn v-for="name in names" :key="name" class="fy-small fy-mono" unelevated no-caps :ripple="false"
        :label="'{{ ' + name + ' }}'" :aria-label="insert.replace('%s', name)" @mousedown.prevent @click="put(name)" />
    </div>
  `,
  props: { names: Array, label: String, insert: String, fields: Array },
  mounted() { document.addEventListener("focusin", this.seen); },
  beforeUnmount() { document.removeEventListener("focusin", this.seen); },
  methods: {
    inputs() {
      return this.fields.map((id) => {
        const found = document.getElementById(id);
        return found?.matches("input, textarea") ? found : found?.querySelector("input, textarea");
      });
    },
    seen(event) { if (this.inputs().includes(event.target)) this.last = event.target; },
    put(name) {
      const inputs = this.inputs();
      const field = inputs.includes(this.last) ? this.last : inputs.at(-1);
      field.focus();
      field.setRangeText(`{{ ${name} }}`, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
  },
};
