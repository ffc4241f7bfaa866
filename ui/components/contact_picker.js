const PAUSE = 150; // ms without a key before the server is asked
const isAddress = (text) => /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(text.trim());

export default {
  emits: ["typed", "ask", "choose", "drop"],
  template: `
    <div :class="['fy-picker', { several }]">
      <q-input ref="field" outlined stack-label hide-bottom-space no-error-icon
        :label="label" :for="inputId" :model-value="text" :error="!!error" :placeholder="chosen.length ? '' : placeholder" :autofocus="focus"
        autocomplete="off" autocapitalize="none" spellcheck="false" role="combobox" aria-autocomplete="list" aria-haspopup="listbox"
        :aria-expanded="expanded ? 'true' : 'false'" :aria-controls="expanded ? listId : undefined"
        :aria-activedescendant="expanded && active >= 0 ? listId + '-' + active : undefined"
        :aria-invalid="error ? 'true' : undefined" :aria-describedby="error || detail ? noteId : undefined"
        @update:model-value="type" @keydown="key" @blur="leave" @click="openByClick">
        <template v-if="!several && chosen.length" v-slot:prepend><span :class="['fy-face', 's', chosen[0].face]" aria-hidden="true">{{ chosen[0].initials }}</span></template>
        <template v-if="several" v-slot:default>
          <span v-for="one in chosen" :key="one.key" class="fy-picked">
            <span :class="['fy-face', one.face]" aria-hidden="true">{{ one.initials }}</span><span class="fy-cut">{{ one.name }}</span>
            <button type="button" :aria-label="words.remove.replace('%s', () => one.name)" @click.stop.prevent="drop(one)" @keydown.stop><q-icon :name="icons.remove" /></button>
          </span>
        </template>
        <template v-slot:append><q-icon :name="icons.open" aria-hidden="true" /></template>
        <template v-slot:error><span :id="noteId" class="fy-error" role="alert">{{ error }}</span></template>
        <template v-if="detail" v-slot:hint><span :id="noteId">{{ detail }}</span></template>
      </q-input>
      <q-menu v-if="control" :target="control" v-model="open" class="fy-options" role="group" :aria-label="words.list" fit no-focus no-refocus no-parent-event :offset="[0, 4]"
        :transition-duration="90" anchor="bottom left" self="top left">
        <div v-if="rows.length" :id="listId" role="listbox" :aria-label="words.list">
          <div v-for="(row, n) in rows" :id="listId + '-' + n" :key="row.key" role="option" :aria-selected="n === active ? 'true' : 'false'"
            @mousedown.prevent @click="choose(row)" @pointermove="active = n">
            <span v-if="row.address" class="fy-dot info" aria-hidden="true"><q-icon :name="icons.address" /></span>
            <span v-else :class="['fy-face', 's', row.face]" aria-hidden="true">{{ row.initials }}</span>
            <span class="who"><span class="name">{{ row.name }}</span>{{ " " }}<span v-if="row.detail" class="detail">{{ row.detail }}</span></span>
            <span v-if="row.note" class="fy-badge plain">{{ row.note }}</span>
          </div>
        </div>
        <div v-if="quiet" class="quiet" @mousedown.prevent><q-spinner v-if="pending" size="16px" />{{ quiet }}</div>
      </q-menu>
      <div class="fy-sr" role="status">{{ heard }}</div>
    </div>
  `,
  props: {
    id: String, label: String, several: Boolean, freeText: Boolean, placeholder: String, error: String,
    answer: Object, state: Object, words: Object, icons: Object, focus: Boolean,
  },
  data() {
    return { text: this.state.text, chosen: this.state.picked, open: false, active: -1, asked: 0, control: null, enterWaits: false };
  },
  computed: {
    inputId() { return `${this.id}-input`; },
    listId() { return `${this.id}-list`; },
    noteId() { return `${this.id}-note`; },
    pending() { return !this.answer || this.answer.n !== this.asked; },
    address() { return this.freeText && isAddress(this.text) ? this.text.trim() : ""; },
    found() {
      const taken = new Set(this.several ? this.chosen.map((one) => one.key) : []);
      return (this.answer?.choices ?? []).filter((choice) => !taken.has(choice.key));
    },
    rows() {
      // while the next answer is under way the last one stays, unless it has nothing to show
      const use = this.address && { key: "address", id: 0, address: this.address, name: this.words.use.replace("%s", () => this.address) };
      return use ? [...this.found, use] : this.found;
    },
    expanded() { return this.open && this.rows.length > 0; },
    quiet() {
      if (this.pending) return this.found.length ? "" : this.words.searching;
      if (this.answer.failed) return this.words.failed;
      return this.rows.length ? "" : this.words.none;
    },
    heard() {
      if (!this.open) return "";
      return this.quiet || (this.pending ? "" : this.words.found.replace("%s", this.found.length));
    },
    detail() { return !this.several && this.chosen.length ? this.chosen[0].detail : ""; },
  },
  watch: {
    "state.n"() {
      this.text = this.state.text;
      this.chosen = this.state.picked;
      this.open = false;
    },
    answer() {
      if (this.pending) return;
      this.active = this.text && !this.address && this.rows.length ? 0 : -1;
      if (this.enterWaits) this.chooseActive();
      this.enterWaits = false;
    },
  },
  mounted() {
    this.input = this.$refs.field.getNativeElement();
    this.control = this.$refs.field.$el.querySelector(".q-field__control");
  },
  beforeUnmount() { clearTimeout(this.timer); },
  methods: {
    type(text) {
      this.text = text ?? "";
      if (!this.several) this.chosen = [];
      this.active = -1;
      this.$emit("typed", this.text);
      this.ask(PAUSE);
      this.open = true;
    },
    ask(pause) {
      this.asked += 1;
      this.enterWaits = false;
      clearTimeout(this.timer);
      const question = { n: this.asked, text: this.chosen.length && !this.several ? "" : this.text };
      this.timer = setTimeout(() => this.$emit("ask", question), pause);
    },
    show() {
      if (this.open) return;
      this.ask(0);
      this.open = true;
    },
    openByClick(event) { if (!event.target.closest?.(".fy-picked")) this.show(); },
    key(event) {
      if (event.isComposing) return;
      const last = this.rows.length - 1;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!this.open) return this.show();
        if (last < 0) return;
        const step = event.key === "ArrowDown" ? 1 : -1;
        this.active = this.active < 0 && step < 0 ? last : (this.active + step + last + 1) % (last + 1);
        this.$nextTick(() => document.getElementById(`${this.listId}-${this.active}`)?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "Enter" && this.open) {
        event.preventDefault();
        if (this.pending && this.text && this.active < 0 && !this.address) this.enterWaits = true;
        else this.chooseActive();
      } else if (event.key === "Escape" && this.open) {
        event.preventDefault();
        event.stopPropagation(); // the list first, the dialog with the next one
        this.open = false;
      } else if (event.key === "Tab") {
        this.open = false;
      } else if (event.key === "Backspace" && this.several && !this.text && this.chosen.length) {
        this.drop(this.chosen.at(-1));
      }
    },
    chooseActive() {
      if (this.rows[this.active]) this.choose(this.rows[this.active]);
      else if (this.address) this.several ? this.choose(this.rows.at(-1)) : (this.open = false);
    },
    choose(row) {
      this.open = false;
      this.active = -1;
      clearTimeout(this.timer);
      if (row.address && !this.several) this.text = row.address;
      else if (this.several) {
        const one = row.address ? { key: row.address, id: 0, name: row.address, face: "h4", initials: row.address[0].toUpperCase() } : row;
        if (!this.chosen.some((other) => other.key === one.key)) this.chosen = [...this.chosen, one];
        this.text = "";
      } else {
        this.chosen = [row];
        this.text = row.name;
      }
      this.$emit("choose", { id: row.id, address: row.address || "" });
      this.input.focus();
    },
    drop(one) {
      this.chosen = this.chosen.filter((other) => other.key !== one.key);
      this.$emit("drop", one.key);
      this.input.focus();
    },
    leave() { this.open = false; },
  },
};
