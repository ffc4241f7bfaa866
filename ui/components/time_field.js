export default {
  template: `
    <q-input ref="qRef" outlined stack-label hide-bottom-space no-error-icon type="time" :label="label" v-model="text"
      :error="!!fault" :aria-invalid="fault ? 'true' : undefined" :aria-describedby="noteId" @blur="tell">
      <template v-slot:error><span :id="noteId" class="fy-error" role="alert">{{ fault }}</span></template>
      <template v-slot:hint><span :id="noteId">{{ here.replaceAll("_", " ") }}</span></template>
    </q-input>
  `,
  props: { id: String, label: String, fault: String, value: String, zone: String },
  data() { return { text: this.value || "", here: this.zone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" }; },
  computed: { noteId() { return `${this.id}-note`; } },
  watch: { text() { this.tell(); } },
  mounted() { this.tell(); },
  methods: {
    tell() { this.$emit("time", { text: this.text || "", zone: this.here }); },
    focus() {
      this.$refs.qRef.focus();
      this.$el.scrollIntoView({ block: "nearest" });
    },
  },
};
