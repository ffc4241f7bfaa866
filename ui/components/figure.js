const GLOW = 1600, QUIET = 5000; // ms

export default {
  template: `
    <component :is="href ? 'a' : 'div'" class="fy-figure" :href="href || undefined">
      <span class="label"><span v-if="live" class="fy-live" aria-hidden="true" />{{ label }}</span>
      <span v-if="value === null || value === undefined" class="value bone fy-bone" aria-busy="true" />
      <span v-else class="value" :class="{ 'fy-changed': glowing }" :data-testid="testid"><span v-for="(group, i) in groups" :key="groups.length - i" class="thousand">{{ group }}</span></span>
      <span class="note"><slot /><span v-if="note"><b v-if="rise" class="fy-up">{{ rise }}</b>{{ " " + note }}</span></span>
      <span class="fy-sr" aria-live="polite">{{ said }}</span>
    </component>
  `,
  props: { label: String, value: Number, testid: String, note: String, rise: String, live: Boolean, href: String },
  data: () => ({ glowing: false, said: "" }),
  computed: {
    groups() { return String(this.value).split(/(?=(?:\d{3})+$)/); },  // the commas are drawn: its text is the bare number
  },
  watch: {
    value(value, before) {
      if (before === null || before === undefined) return;
      this.glowing = false;
      clearTimeout(this.dimmed);
      requestAnimationFrame(() => { this.glowing = true; });
      this.dimmed = setTimeout(() => { this.glowing = false; }, GLOW);
      this.announce();
    },
  },
  beforeUnmount() { clearTimeout(this.dimmed); clearTimeout(this.later); },
  methods: {
    announce() {
      const wait = QUIET - (performance.now() - (this.spokeAt ?? -QUIET));
      clearTimeout(this.later);
      const speak = () => {
        this.said = `${this.label}: ${this.value.toLocaleString("en")}`;
        this.spokeAt = performance.now();
        this.later = setTimeout(() => { this.said = ""; }, QUIET);
      };
      this.said = "";  // not a number that holds no more, for those who read the page meanwhile
      if (wait <= 0) speak(); else this.later = setTimeout(speak, wait);
    },
  },
};
