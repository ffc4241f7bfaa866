const SHOWN_FOR = 2000; // ms

export default {
  inheritAttrs: false,
  emits: ["copied"],
  template: `
    <q-btn v-bind="$attrs" unelevated no-caps :ripple="false" :aria-label="label" :icon="state === 'done' ? doneIcon : icon" :disable="!text" @click="copy">
      <span class="fy-swap" aria-hidden="true">
        <span :class="{ off: state }">{{ label }}</span>
        <span :class="{ off: state !== 'done' }">{{ doneWords }}</span>
        <span v-if="state === 'failed'">{{ failedWords }}</span>
      </span>
    </q-btn>
    <span ref="status" class="fy-sr" role="status">{{ state === "done" ? doneWords : state === "failed" ? failedWords : "" }}</span>
  `,
  props: { label: String, text: String, icon: String, doneIcon: String, doneWords: String, failedWords: String },
  data: () => ({ state: "" }),
  beforeUnmount() { clearTimeout(this.timer); },
  methods: {
    async copy(event) {
      const ok = (await this.byClipboard()) || this.bySelection(event.currentTarget ?? document.activeElement);
      this.state = ok ? "done" : "failed";
      if (ok) this.$emit("copied");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { this.state = ""; }, SHOWN_FOR);
    },
    async byClipboard() {
      try {
        await navigator.clipboard.writeText(this.text);
        return true;
      } catch {
        return false; // no permission, or a page without https
      }
    },
    bySelection(button) {
      const area = Object.assign(document.createElement("textarea"), { value: this.text, readOnly: true, className: "fy-sr" });
      this.$refs.status.parentElement.append(area); // beside the button: a dialog would take the focus back from elsewhere
      area.select();
      const ok = document.execCommand("copy");
      area.remove();
      button?.focus();
      return ok;
    },
  },
};
