export default {
  emits: ["move", "act"],
  template: `
    <div>
      <ol class="fy-order" :aria-label="label">
        <li v-for="(row, place) in shown" :key="row.id" :class="{ dragged: dragged === row.id }" :data-row="row.id" @dragover.prevent="over(place, $event)" @drop.prevent="drop">
          <button type="button" class="fy-grip" draggable="true" :ref="(made) => { grips[row.id] = made; }" :aria-label="words.move.replace('%s', () => row.title)" :aria-describedby="id + '-how'"
            @dragstart="lift(row, $event)" @dragend="put" @keydown.up.prevent="step(row, -1)" @keydown.down.prevent="step(row, 1)"><q-icon :name="icons.grip" aria-hidden="true" /></button>
          <span v-if="row.icon" class="fy-glyph" aria-hidden="true"><q-icon :name="row.icon" /></span>
          <div class="fy-grow">
            <div class="fy-strong fy-cut" dir="auto">{{ row.title }}</div>
            <div class="fy-sm fy-muted fy-cut">{{ row.detail }}</div>
          </div>
          <span v-if="row.count" class="fy-sm fy-muted fy-num" :data-testid="'opened-' + row.id">{{ row.count }}</span>
          <div class="fy-order-acts">
            <q-btn class="fy-ghost fy-square fy-small" unelevated :ripple="false" :icon="icons.up" :disable="!place" :aria-label="words.up.replace('%s', () => row.title)" @click="step(row, -1)" />
            <q-btn class="fy-ghost fy-square fy-small" unelevated :ripple="false" :icon="icons.down" :disable="place === shown.length - 1" :aria-label="words.down.replace('%s', () => row.title)" @click="step(row, 1)" />
            <q-btn class="fy-ghost fy-square fy-small" unelevated :ripple="false" :icon="icons.edit" :aria-label="words.edit.replace('%s', () => row.title)" @click="$emit('act', { id: row.id, act: 'edit' })" />
            <q-btn class="fy-ghost fy-square fy-small" unelevated :ripple="false" :icon="icons.remove" :aria-label="words.remove.replace('%s', () => row.title)" @click="$emit('act', { id: row.id, act: 'remove' })" />
          </div>
        </li>
      </ol>
      <span :id="id + '-how'" class="fy-sr">{{ words.how }}</span>
      <span class="fy-sr" role="status">{{ said }}</span>
    </div>
  `,
  props: { id: String, label: String, rows: Array, words: Object, icons: Object },
  data() { return { shown: this.rows, dragged: null, said: "" }; },
  created() { this.grips = {}; },
  watch: { rows(rows) { if (this.dragged === null) this.shown = rows; } },
  methods: {
    moved(row, place) {
      const rest = this.shown.filter((one) => one.id !== row.id);
      this.shown = [...rest.slice(0, place), row, ...rest.slice(place)];
    },
    tell(row) {
      const place = this.shown.findIndex((one) => one.id === row.id);
      this.$emit("move", { id: row.id, place });
      this.said = this.words.moved.replace("%s", () => row.title).replace("%1", place + 1).replace("%2", this.shown.length);
    },
    step(row, by) {
      const place = this.shown.findIndex((one) => one.id === row.id) + by;
      if (place < 0 || place >= this.shown.length) return;
      const focused = document.activeElement;
      this.moved(row, place);
      this.tell(row);
      this.$nextTick(() => (focused?.isConnected && !focused.disabled ? focused : this.grips[row.id])?.focus()); // an element that is moved loses it
    },
    lift(row, event) {
      this.dragged = row.id;
      this.before = this.shown;
      this.isDropped = false;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", row.title);
      event.dataTransfer.setDragImage(event.target.closest("li"), 12, 12);
    },
    over(place, event) {
      const from = this.shown.findIndex((one) => one.id === this.dragged);
      if (from < 0 || from === place) return;
      const box = event.currentTarget.getBoundingClientRect();
      const isPast = event.clientY > box.top + box.height / 2;
      if (from < place ? isPast : !isPast) this.moved(this.shown[from], place);
    },
    drop() { this.isDropped = true; },
    put() {
      const place = (rows) => rows.findIndex((one) => one.id === this.dragged);
      const isMoved = this.isDropped && place(this.shown) !== place(this.before);
      const row = this.shown[place(this.shown)];
      this.dragged = null;
      if (isMoved) this.tell(row);
      else this.shown = this.rows; // what came in meanwhile
    },
  },
};
