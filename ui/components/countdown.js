import { minutesAndSeconds } from "/assets/time.js";

const ROUND = 2 * Math.PI * 15;

export default {
  emits: ["expired", "looked"],
  template: `
    <div :class="['fy-countdown', { over }]">
      <svg class="fy-ring" viewBox="0 0 34 34" aria-hidden="true">
        <circle cx="17" cy="17" r="15" />
        <circle class="left" cx="17" cy="17" r="15" :style="{ strokeDashoffset: offset }" />
      </svg>
      <div>
        <div class="time" role="timer" :aria-label="spoken">{{ over ? overWords : leftWords.replace("%s", clock) }}</div>
        <div v-if="note" class="note">{{ note }}</div>
      </div>
    </div>
  `,
  props: {
    left: Number, total: Number, run: Number, corrected: Number, stopped: Boolean, label: String, note: String,
    leftWords: String, minutesWords: String, lastWords: String, overWords: String,
  },
  data() { return { seconds: this.left, told: 0 }; },
  computed: {
    over() { return this.seconds <= 0; },
    clock() { return minutesAndSeconds(this.seconds); },
    offset() { return ROUND * (1 - Math.min(1, this.seconds / Math.max(1, this.total))); },
    minutes() { return Math.floor(this.seconds / 60); },
    spoken() {
      const rest = this.over ? this.overWords : this.minutes ? this.minutesWords.replace("%s", this.minutes) : this.lastWords;
      return `${this.label}: ${rest}`;
    },
  },
  watch: {
    run() { this.begin(); },
    corrected() { this.begin(); },
    stopped() { this.begin(); },
  },
  mounted() {
    this.look = () => { if (!document.hidden) this.$emit("looked"); };
    document.addEventListener("visibilitychange", this.look);
    this.begin();
    this.look();
  },
  beforeUnmount() {
    document.removeEventListener("visibilitychange", this.look);
    clearInterval(this.timer);
  },
  methods: {
    begin() {
      clearInterval(this.timer);
      if (this.stopped) return;
      this.end = performance.now() + this.left * 1000;
      this.timer = setInterval(this.tick, 250);
      this.tick();
    },
    tick() {
      this.seconds = Math.max(0, Math.ceil((this.end - performance.now()) / 1000));
      if (!this.over) return;
      clearInterval(this.timer);
      if (this.told !== this.run) {
        this.told = this.run;
        this.$emit("expired");
      }
    },
  },
};
