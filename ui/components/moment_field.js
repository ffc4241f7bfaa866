export default {
  template: `
    <q-input ref="qRef" outlined stack-label hide-bottom-space no-error-icon type="datetime-local" :label="label"
      v-model="text" :error="!!fault" :aria-invalid="fault ? 'true' : undefined" :aria-describedby="noteId" @blur="tell">
      <template v-slot:error><span :id="noteId" class="fy-error" role="alert">{{ fault }}</span></template>
      <template v-slot:hint><span :id="noteId">{{ zone }}</span></template>
    </q-input>
  `,
  props: { id: String, label: String, fault: String },
  data: () => ({ text: "", zone: Intl.DateTimeFormat().resolvedOptions().timeZone?.replaceAll("_", " ") }),
  computed: { noteId() { return `${this.id}-note`; } },
  watch: { text() { this.tell(); } },
  methods: {
    tell() {
      const input = this.$refs.qRef?.nativeEl;
      const moment = this.text ? new Date(this.text) : null; // the reader's own zone, daylight saving and all
      const valid = moment && !Number.isNaN(moment.getTime());
      this.$emit("moment", { at: valid ? moment.toISOString() : "", half: !!input?.validity.badInput || (!!this.text && !valid) });
    },
    empty() { this.text = ""; },
    focus() {
      this.$refs.qRef.focus();
      this.$el.scrollIntoView({ block: "nearest" });
    },
  },
};
