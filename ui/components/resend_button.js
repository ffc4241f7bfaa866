import { minutesAndSeconds } from "/assets/time.js";

export default {
  template: `<q-btn type="submit" class="fy-num" unelevated no-caps :ripple="false" :disable="left > 0" :label="words" />`,
  props: { label: String, seconds: Number, waitWords: String },
  data() { return { left: this.seconds }; },
  computed: {
    words() {
      if (this.left <= 0) return this.label;
      return this.waitWords.replace("%(label)s", () => this.label).replace("%(time)s", minutesAndSeconds(this.left));
    },
  },
  watch: { seconds() { this.begin(); } },
  mounted() { this.begin(); },
  beforeUnmount() { clearInterval(this.timer); },
  methods: {
    begin() {
      clearInterval(this.timer);
      const end = performance.now() + this.seconds * 1000;
      this.timer = setInterval(() => {
        this.left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
        if (this.left === 0) clearInterval(this.timer);
      }, 250);
    },
  },
};
