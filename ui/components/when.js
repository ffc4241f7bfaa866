import { ago, agoAtLength, dayAndClock, everyHalfMinute, fullDay, weekdayAndClock, whole } from "/assets/time.js";

const STYLES = { ago, long: agoAtLength, date: fullDay, datetime: dayAndClock, weekday: weekdayAndClock };

export default {
  template: `<time v-if="moment" :datetime="at" :title="title">{{ prefix }}{{ text }}</time><span v-else>–</span>`,
  props: { at: String, mode: String, prefix: String },
  data: () => ({ now: new Date() }),
  computed: {
    moment() { return this.at ? new Date(this.at) : null; },
    text() { return STYLES[this.mode](this.moment, this.now); },
    title() { return whole(this.moment); },
  },
  watch: { at() { this.now = new Date(); } },
  mounted() { this.stopTicking = everyHalfMinute((now) => { this.now = now; }); },
  beforeUnmount() { this.stopTicking(); },
};
