import { ago, agoAtLength, everyHalfMinute, whole } from "/assets/time.js";

const QUIET = 5000; // ms between two announcements

export default {
  template: `
    <div class="fy-feedbox" @pointerenter="pointed = true" @pointerleave="pointed = false" @focusin="focused = true" @focusout="leaveFocus">
      <div v-if="waiting" class="fy-waiting">
        <q-btn class="fy-waiting-btn" unelevated no-caps :ripple="false" :label="newWords.replace('%s', waiting)" @click="takeIn" />
      </div>
      <div v-if="!shown" aria-busy="true">
        <div v-for="width in [72, 54, 64]" :key="width" class="wait"><span class="fy-bone" /><span class="fy-bone" :style="{ maxWidth: width + '%' }" /></div>
      </div>
      <p v-else-if="!shown.length" class="none">{{ empty }}</p>
      <component v-else :is="variant === 'timeline' ? 'ol' : 'ul'" :class="'fy-' + variant" role="list">
        <li v-for="line in shown" :key="line.key" :class="{ 'fy-enter': entered.has(line.key) }">
          <span :class="['fy-dot', line.tone]" aria-hidden="true"><q-icon :name="line.icon" /></span>
          <div class="what">
            <span class="said"><template v-for="(part, n) in line.parts" :key="n"><a v-if="ours(part.href)" :href="part.href">{{ part.text }}</a><b v-else-if="part.strong">{{ part.text }}</b><template v-else>{{ part.text }}</template></template></span>
            <div v-if="line.more" class="more">{{ line.more }}</div>
          </div>
          <time :datetime="line.at" :title="title(line)">{{ moment(line) }}</time>
          <button v-if="line.details.length" type="button" class="fy-unfold" :aria-expanded="opened.has(line.key) ? 'true' : 'false'"
            :aria-label="detailWords.open.replace('%s', () => sentence(line))" @click="unfold(line.key)"><q-icon :name="detailIcon" /></button>
          <dl v-if="opened.has(line.key)" class="details">
            <div><dt>{{ detailWords.when }}</dt><dd>{{ title(line) }}</dd></div>
            <div v-for="[name, value] in line.details" :key="name"><dt>{{ name }}</dt><dd>{{ value }}</dd></div>
          </dl>
        </li>
      </component>
      <div class="fy-sr" aria-live="polite">{{ said }}</div>
    </div>
  `,
  props: { lines: Array, variant: String, empty: String, newWords: String, detailWords: Object, detailIcon: String },
  data() {
    return { shown: this.lines, entered: new Set(), opened: new Set(), pointed: false, focused: false, said: "", now: new Date() };
  },
  computed: {
    inside() { return this.pointed || this.focused; },
    fresh() {
      const there = new Set((this.shown ?? []).map((line) => line.key));
      return (this.lines ?? []).filter((line) => !there.has(line.key));
    },
    waiting() { return this.inside && this.shown?.length ? this.fresh.length : 0; },
  },
  watch: {
    lines() {
      this.now = new Date();
      if (!this.waiting) this.takeIn();
    },
    inside(inside) { if (!inside && this.fresh.length) this.takeIn(); },
  },
  mounted() { this.stopTicking = everyHalfMinute((now) => { this.now = now; }); },
  beforeUnmount() { this.stopTicking(); clearTimeout(this.later); },
  methods: {
    takeIn() {
      const first = !this.shown;
      this.entered = new Set(first ? [] : this.fresh.map((line) => line.key));
      if (!first && this.fresh.length) this.announce(this.fresh[0]);
      this.shown = this.lines;
    },
    announce(line) {
      const sentence = this.sentence(line);
      const speak = () => { this.said = sentence; this.spokeAt = performance.now(); };
      clearTimeout(this.later);
      const wait = QUIET - (performance.now() - (this.spokeAt ?? -QUIET));
      if (wait <= 0) speak(); else this.later = setTimeout(speak, wait);
    },
    leaveFocus(event) { this.focused = event.currentTarget.contains(event.relatedTarget); },
    sentence(line) { return line.parts.map((part) => part.text).join(""); },
    unfold(key) {
      if (!this.opened.delete(key)) this.opened.add(key);
    },
    ours(href) { return /^\/(?![\/\\])/.test(href); },
    moment(line) { return (this.variant === "timeline" ? agoAtLength : ago)(new Date(line.at), this.now); },
    title(line) { return whole(new Date(line.at)); },
  },
};
