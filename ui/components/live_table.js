import { ago, everyHalfMinute, whole } from "/assets/time.js";

const GLOW = 1600; // ms
const PHONE = window.matchMedia("(max-width: 600px)");
const ours = (href) => /^\/(?![\/\\])/.test(href ?? "");

export default {
  emits: ["act", "tick", "sort"],
  template: `
    <div class="fy-tablebox" @pointerenter="pointed = true" @pointerleave="pointed = false" @focusin="focused = true" @focusout="leaveFocus">
      <div v-if="waiting" class="fy-waiting">
        <q-btn class="fy-waiting-btn" unelevated no-caps :ripple="false" :label="newWords.replace('%s', waiting)" @click="takeIn(true)" />
      </div>
      <div :class="['fy-tablescroll', { wide }]" :role="wide ? 'region' : undefined" :tabindex="wide ? 0 : undefined" :aria-label="wide ? label : undefined">
        <table :class="['q-table fy-table', { busy, wide }]" :aria-label="label" :aria-busy="busy || !rows ? 'true' : undefined">
          <thead><tr>
            <th v-if="ticks" scope="col" class="tick"><input type="checkbox" class="fy-tick" :checked="onPage === 'all'" :indeterminate.prop="onPage === 'some'" :disabled="!shown.length" :aria-label="ticks.all" @change="tickPage" /></th>
            <th v-for="{ column } in seen" :key="column.label" scope="col" :style="{ width: (!phone && column.width) || undefined }" :aria-sort="direction(column)" :class="{ sorted: sortedBy(column) }">
              <button v-if="column.sort" type="button" class="fy-sort" @click="$emit('sort', column.sort)">{{ column.label }}<q-icon :name="sortIcon(column)" aria-hidden="true" /></button>
              <span v-else :class="{ 'fy-sr': column.quiet }">{{ column.label }}</span>
              <div v-if="column.hint" class="fy-over">{{ column.hint }}</div>
            </th>
            <th v-if="hasMenu" scope="col" class="act"><span class="fy-sr">{{ actsWords }}</span></th>
          </tr></thead>
          <tbody v-if="!rows">
            <tr v-for="n in 6" :key="n" aria-hidden="true">
              <td v-if="ticks" class="tick"><span class="fy-bone" /></td>
              <td v-for="{ i } in seen" :key="i"><span class="fy-bone" :style="{ display: 'block', width: i ? '64px' : 30 + (n * 17) % 40 + '%' }" /></td>
            </tr>
          </tbody>
          <tbody v-else>
            <tr v-for="row in shown" :key="row.key" :class="{ 'fy-enter': entered.has(row.key), gone: !latest.has(row.key), ticked: on.has(row.key) }">
              <td v-if="ticks" class="tick"><input type="checkbox" class="fy-tick" :checked="on.has(row.key)" :aria-label="ticks.one.replace('%s', () => row.name)" @mousedown="keepText" @click="tick(row, $event)" /></td>
              <td v-for="{ i } in seen" :key="i" :class="{ wraps: row.cells[i].wraps }">
                <div v-if="row.cells[i].lines.length" :class="{ 'fy-who': row.cells[i].face }">
                  <span v-if="row.cells[i].face" :class="['fy-face', row.cells[i].face.look]" aria-hidden="true">{{ row.cells[i].face.initials }}</span>
                  <div class="fy-lines">
                    <div v-for="(line, j) in linesOf(row.cells[i])" :key="j" :class="j ? 'second' : 'first'">
                      <template v-for="(piece, k) in line" :key="k"><a v-if="ours(piece.href)" :href="piece.href" :class="piece.look">{{ piece.text }}</a><span v-else-if="piece.badge" :class="['fy-badge', piece.badge, piece.look, { 'fy-glow': glowing.has(row.key) }]">{{ piece.text }}</span><template v-else-if="piece.moment"><time v-if="piece.at" :datetime="piece.at" :title="title(piece.at)" :class="piece.look">{{ piece.prefix }}{{ moment(piece.at) }}</time><span v-else :class="piece.look">–</span></template><span v-else :class="piece.look">{{ piece.text }}</span></template>
                    </div>
                  </div>
                </div>
                <div v-if="i === actsAt && row.buttons.length" :class="['fy-acts', { phone }]">
                  <q-btn v-for="act in row.buttons" :key="act.key" :class="['fy-small', { 'fy-danger': act.danger }]" unelevated no-caps :ripple="false" :label="act.label" @click="$emit('act', { row: row.key, act: act.key })" />
                </div>
              </td>
              <td v-if="hasMenu" class="act">
                <q-btn v-if="row.menu.length" :ref="(made) => { triggers[row.key] = made; }" class="fy-ghost fy-square fy-small" unelevated :ripple="false" :icon="moreIcon" aria-haspopup="menu" :aria-expanded="opened === row.key ? 'true' : 'false'" :aria-label="moreWords.replace('%s', () => row.name)">
                  <q-menu :transition-duration="90" :offset="[0, 6]" anchor="bottom right" self="top right" :aria-label="moreWords.replace('%s', () => row.name)"
                    @before-show="opened = row.key" @hide="opened = null" @keydown="walk">
                    <q-item v-for="act in row.menu" :key="act.key" clickable v-close-popup role="menuitem" :href="ours(act.href) ? act.href : undefined" :class="{ 'fy-danger': act.danger }" @click="pick(row, act)">
                      <q-item-section v-if="act.icon" avatar><q-icon :name="act.icon" aria-hidden="true" /></q-item-section>
                      <q-item-section>{{ act.label }}</q-item-section>
                    </q-item>
                  </q-menu>
                </q-btn>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
    </div>
  `,
  props: { label: String, columns: Array, rows: Array, settled: Number, busy: Boolean, wide: Boolean, newWords: String, moreIcon: String, moreWords: String, actsWords: String, ticks: Object, ticked: Array, heard: Number, sort: String, sortIcons: Object },
  data() {
    const rows = this.rows ?? [];
    return {
      order: rows.map((row) => row.key), kept: new Map(rows.map((row) => [row.key, row])), entered: new Set(), glowing: new Set(),
      pointed: false, focused: false, opened: null, now: new Date(), phone: PHONE.matches,
      on: new Set(this.ticked ?? []),
    };
  },
  computed: {
    seen() { return this.columns.map((column, i) => ({ column, i })).filter(({ column }) => column.onPhone || !this.phone); },
    actsAt() { return this.phone ? 0 : this.columns.length - 1; },
    latest() { return new Set((this.rows ?? []).map((row) => row.key)); },
    shown() { return this.order.map((key) => this.kept.get(key)).filter(Boolean); },
    hasMenu() { return this.shown.some((row) => row.menu.length); },
    onPage() {
      const ticked = this.shown.filter((row) => this.on.has(row.key)).length;
      return ticked ? (ticked === this.shown.length ? "all" : "some") : "";
    },
    inside() { return this.pointed || this.focused || this.opened !== null || this.onPage !== ""; },
    waiting() {
      const there = new Set(this.order);
      return (this.rows ?? []).filter((row) => !there.has(row.key)).length;
    },
  },
  watch: {
    rows(rows) {
      this.now = new Date();
      if (this.settled === this.settledBefore && (this.inside || this.scrolledInto()) && this.order.length) this.change(rows ?? []);
      else this.takeIn(this.settled === this.settledBefore);
      this.settledBefore = this.settled;
    },
    inside(inside) { if (!inside && !this.scrolledInto()) this.takeIn(true); },
    ticked(ticked) { this.setTicks(ticked, this.heard); },
  },
  created() { this.settledBefore = this.settled; this.triggers = {}; this.told = this.heard ?? 0; },
  mounted() {
    this.stopTicking = everyHalfMinute((now) => { this.now = now; });
    PHONE.addEventListener("change", this.measure);
  },
  beforeUnmount() {
    PHONE.removeEventListener("change", this.measure);
    this.stopTicking(); clearTimeout(this.dimmed);
  },
  methods: {
    ours,
    measure() { this.phone = PHONE.matches; },
    linesOf(cell) {
      const fits = (piece) => !piece.phone || (piece.phone === "only") === this.phone;
      return cell.lines.map((line) => line.filter(fits)).filter((line) => line.length);
    },
    // What is shown already changes where it stands; a badge that says something else now glows once.
    change(rows) {
      const badges = (row) => JSON.stringify(row.cells.flatMap((cell) => cell.lines.flat()).filter((piece) => piece.badge));
      const glowing = rows.filter((row) => this.kept.has(row.key) && badges(this.kept.get(row.key)) !== badges(row)).map((row) => row.key);
      for (const row of rows) this.kept.set(row.key, row);
      if (!glowing.length) return;
      this.glowing = new Set(glowing);
      clearTimeout(this.dimmed);
      this.dimmed = setTimeout(() => { this.glowing = new Set(); }, GLOW);
    },
    // Whoever has scrolled down in it is reading, with whatever the pointer points at.
    scrolledInto() { return this.$el.getBoundingClientRect().top < 0; },
    // Ticks are shown at once and told the server, whose answer counts unless more has been ticked since.
    setTicks(ticked, heard) { if (heard === this.told) this.on = new Set(ticked ?? []); },
    tell(keys, on) {
      for (const key of keys) on ? this.on.add(key) : this.on.delete(key);
      this.told += 1;
      this.$emit("tick", { keys, on, n: this.told });
    },
    tick(row, event) {
      const keys = this.shown.map((one) => one.key), on = event.target.checked, here = keys.indexOf(row.key);
      const from = event.shiftKey && keys.includes(this.anchor) ? keys.indexOf(this.anchor) : here;
      this.anchor = row.key;
      this.tell(keys.slice(Math.min(from, here), Math.max(from, here) + 1), on);
    },
    tickPage(event) { this.tell(this.shown.map((row) => row.key), event.target.checked); },
    keepText(event) { if (event.shiftKey) event.preventDefault(); }, // a range of rows is meant, not of text
    toTop() { if (this.scrolledInto()) this.$el.scrollIntoView({ block: "start" }); },
    sortedBy(column) { return !!column.sort && this.sort?.replace(/^-/, "") === column.sort; },
    direction(column) { return column.sort ? (this.sortedBy(column) ? (this.sort[0] === "-" ? "descending" : "ascending") : "none") : undefined; },
    sortIcon(column) { return this.sortIcons[this.direction(column)]; },
    takeIn(slides) {
      const rows = this.rows ?? [], there = new Set(this.order);
      this.entered = new Set(slides ? rows.map((row) => row.key).filter((key) => !there.has(key)) : []);
      if (slides) this.change(rows);
      this.order = rows.map((row) => row.key);
      this.kept = new Map(rows.map((row) => [row.key, row]));
    },
    // The focus is back on the button before a dialog opens; else the dialog would return it to an item that is gone.
    pick(row, act) {
      if (act.href) return;
      this.triggers[row.key]?.$el.focus();
      this.$emit("act", { row: row.key, act: act.key });
    },
    leaveFocus(event) { this.focused = event.currentTarget.contains(event.relatedTarget); },
    moment(at) { return ago(new Date(at), this.now); },
    title(at) { return whole(new Date(at)); },
    walk(event) {
      const items = [...event.currentTarget.querySelectorAll("[role=menuitem]")];
      const at = items.indexOf(document.activeElement), last = items.length - 1;
      const to = { ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
      if (to === undefined || last < 0) return;
      event.preventDefault();
      items[to].focus();
    },
  },
};
