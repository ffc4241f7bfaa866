import { fullDay, locale } from "/assets/time.js";

const HEIGHT = 236, TOP = 10, BOTTOM = 26, LEFT = 32;

// The fewest round steps that reach the largest number: 28 -> 0 10 20 30, 4 -> 0 2 4.
function ticksUpTo(largest) {
  for (let power = 1; ; power *= 10)
    for (const step of [1, 2, 5].map((n) => n * power)) {
      const steps = Math.max(2, Math.ceil(largest / step));
      if (steps <= 3) return Array.from({ length: steps + 1 }, (_, n) => n * step);
    }
}
// A date without a time is the same day everywhere, so it must not be read as midnight in Greenwich.
const dateOf = (iso) => { const [year, month, day] = iso.split("-").map(Number); return new Date(year, month - 1, day); };
const says = (moment, options) => new Intl.DateTimeFormat(locale(), options).format(moment);
const number = (value) => new Intl.NumberFormat(locale()).format(value);
const share = (part, of) => new Intl.NumberFormat(locale(), { style: "percent" }).format(of ? part / of : 0);

export default {
  template: `
    <div class="fy-cohorts">
      <div class="fy-legend push" aria-hidden="true"><span class="asked"><i />{{ words.invited }}</span><span><i />{{ words.joined }}</span></div>
      <div ref="box" class="fy-chart" :tabindex="bars.length ? 0 : undefined" :role="bars.length ? 'group' : undefined" :aria-label="bars.length ? words.name : undefined"
        @keydown="move" @focus="onFocus" @blur="here = null" @pointerleave="here = null">
        <div v-if="!cohorts" class="bones" aria-busy="true"><i v-for="n in [70, 45, 85, 60, 95, 50, 75]" :key="n" class="fy-bone" :style="{ height: n + '%' }" /></div>
        <svg v-else :viewBox="'0 0 ' + width + ' ' + height" :height="height" role="img" :aria-label="summary">
          <g v-for="tick in ticks" :key="tick">
            <line :class="tick ? 'grid' : 'base'" :x1="left" :x2="width" :y1="y(tick)" :y2="y(tick)" />
            <text :x="left - 10" :y="y(tick) + 4" text-anchor="end">{{ number(tick) }}</text>
          </g>
          <g v-for="(bar, n) in bars" :key="bar.start" :class="{ here: here === n }" @pointerenter="here = n">
            <rect class="hit" :x="bar.x - slot / 2" :y="top" :width="slot" :height="height - top - bottom" rx="4" />
            <rect class="asked" :x="bar.x - thick / 2" :y="y(bar.invited)" :width="thick" :height="y(0) - y(bar.invited)" :rx="round" />
            <rect class="in" :x="bar.x - thick / 2" :y="y(bar.joined)" :width="thick" :height="y(0) - y(bar.joined)" :rx="round" />
            <text v-if="bar.label" :class="{ now: bar.current }" :x="bar.labelX" :y="height - 4" :text-anchor="bar.anchor">{{ bar.label }}</text>
          </g>
        </svg>
        <div v-if="cohorts && !largest" class="none"><span>{{ words.none }}</span></div>
        <div v-if="pointed" class="tip" :style="{ left: tipX + 'px', top: y(pointed.invited) - 6 + 'px' }">
          <b>{{ pointed.name }}</b><span>{{ words.invited }} {{ number(pointed.invited) }}</span><span>{{ number(pointed.joined) }} {{ words.joined }} ({{ share(pointed.joined, pointed.invited) }})</span>
        </div>
      </div>
      <div class="fy-sr" aria-live="polite">{{ spoken }}</div>
      <div v-if="bars.length" class="fy-sr"><table>
        <caption>{{ words.name }}</caption>
        <thead><tr><th scope="col">{{ words.period }}</th><th scope="col">{{ words.invited }}</th><th scope="col">{{ words.joined }}</th></tr></thead>
        <tbody><tr v-for="bar in bars" :key="bar.start"><th scope="row">{{ bar.name }}</th><td>{{ number(bar.invited) }}</td><td>{{ number(bar.joined) }}</td></tr></tbody>
      </table></div>
    </div>
  `,
  props: { cohorts: Array, unit: String, words: Object },
  data: () => ({ width: 640, here: null, byKeys: false, height: HEIGHT, top: TOP, bottom: BOTTOM }),
  computed: {
    largest() { return Math.max(0, ...(this.cohorts ?? []).map((cohort) => cohort.invited)); },
    ticks() { return ticksUpTo(this.largest); },
    left() { return LEFT + 7 * Math.max(0, number(this.ticks.at(-1)).length - 2); },
    slot() { return Math.max(2, (this.width - this.left) / Math.max(1, this.cohorts?.length ?? 0)); },
    thick() { return Math.min(26, this.slot * 0.56); },
    round() { return Math.min(4, this.thick / 3); },
    every() {
      const room = this.unit === "month" ? 44 : 62;
      return Math.ceil((this.slot < 44 ? room + 24 : room) / this.slot); // narrow slots: "This week" ends at the edge and leans left
    },
    bars() {
      const cohorts = this.cohorts ?? [], last = cohorts.length - 1;
      return cohorts.map((cohort, n) => {
        const start = dateOf(cohort.start), current = n === last && this.isNow(start);
        const x = this.left + this.slot * (n + 0.5);
        // counted from the last, so that the newest label stands and none touches it
        const labelled = (last - n) % this.every === 0 || this.every === 1;
        return {
          ...cohort, x, current, name: this.nameOf(start, current),
          label: labelled ? (current ? this.nowWords : this.short(start)) : "",
          anchor: n === last && (current || this.slot < 44) ? "end" : "middle",
          labelX: n === last && (current || this.slot < 44) ? this.width : x,
        };
      });
    },
    nowWords() { return this.unit === "month" ? this.words.thisMonth : this.words.thisWeek; },
    summary() {
      const sum = (key) => number(this.bars.reduce((total, bar) => total + bar[key], 0));
      if (!this.largest) return this.words.none;
      return this.words.summary.replace("%(invited)s", sum("invited")).replace("%(joined)s", sum("joined")).replace("%(periods)s", number(this.bars.length));
    },
    pointed() { return this.bars[this.here]; },
    tipX() { return Math.min(this.width - 84, Math.max(84, this.pointed.x)); },
    spoken() {
      if (!this.byKeys || !this.pointed) return "";
      return `${this.pointed.name}: ${this.words.invited} ${number(this.pointed.invited)}, ${number(this.pointed.joined)} ${this.words.joined}`;
    },
  },
  mounted() {
    this.observer = new ResizeObserver(([entry]) => { if (entry.contentRect.width) this.width = Math.round(entry.contentRect.width); });
    this.observer.observe(this.$refs.box);
  },
  beforeUnmount() { this.observer.disconnect(); },
  methods: {
    number, share,
    y(value) { return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / this.ticks.at(-1)); },
    end(start) {
      return this.unit === "month"
        ? new Date(start.getFullYear(), start.getMonth() + 1, 0)
        : new Date(start.getFullYear(), start.getMonth(), start.getDate() + 6);
    },
    isNow(start) {
      const now = new Date(), end = this.end(start);
      return start <= now && now < new Date(end.getFullYear(), end.getMonth(), end.getDate() + 1);
    },
    short(start) { return says(start, this.unit === "month" ? { month: "short" } : { day: "numeric", month: "short" }); },
    nameOf(start, current) {
      if (current) return this.nowWords;
      if (this.unit === "month") return says(start, { month: "long", year: "numeric" });
      return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short" }).formatRange?.(start, this.end(start)) ?? fullDay(start);
    },
    onFocus(event) {
      if (!this.bars.length || !event.currentTarget.matches(":focus-visible")) return;
      this.byKeys = true;
      this.here ??= this.bars.length - 1;
    },
    move(event) {
      const last = this.bars.length - 1, at = this.here ?? last;
      const to = { ArrowLeft: Math.max(0, at - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last }[event.key];
      if (event.key === "Escape") this.here = null;
      if (to === undefined || last < 0) return;
      event.preventDefault();
      this.byKeys = true;
      this.here = to;
    },
  },
};
