export default {
  emits: ["taken"],
  template: `
    <div class="fy-drop" :class="{ over: isOver, bad: fault }" @dragover.prevent="isOver = true" @dragleave="isOver = false" @drop.prevent="dropped">
      <div v-show="share === null" class="fy-drop-in">
        <q-icon :name="icons.file" aria-hidden="true" />
        <label class="fy-drop-label">
          <input ref="input" class="fy-sr" type="file" :accept="accept" :aria-describedby="id + '-hint'" :aria-invalid="fault ? 'true' : undefined" @change="chosen" />
          <span class="q-btn fy-primary fy-drop-button">{{ words.choose }}</span>
        </label>
        <span :id="id + '-hint'" class="fy-sm fy-muted">{{ words.hint }}</span>
        <span v-if="fault" class="fy-error fy-drop-fault" role="alert">{{ fault }}</span>
      </div>
      <div v-if="share !== null" class="fy-drop-in">
        <span class="fy-strong fy-cut">{{ name }}</span>
        <div class="fy-progress" role="progressbar" :aria-label="words.going" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="Math.round(share * 100)"><i class="done" :style="{ width: share * 100 + '%' }"></i></div>
        <span class="fy-sm fy-muted fy-num">{{ words.going }} {{ Math.round(share * 100) }} %</span>
        <q-btn class="fy-small" unelevated no-caps :ripple="false" :label="words.cancel" @click="cancel" />
      </div>
    </div>
  `,
  props: { id: String, action: String, onward: String, accept: String, most: Number, words: Object, icons: Object },
  data() { return { share: null, name: "", fault: "", isOver: false }; },
  beforeUnmount() { this.request?.abort(); },
  methods: {
    chosen(event) {
      const [file] = event.target.files;
      event.target.value = ""; // so that the same file can be chosen again once it is mended
      if (file) this.send(file);
    },
    dropped(event) {
      this.isOver = false;
      const [file] = event.dataTransfer.files;
      if (file && this.share === null) this.send(file);
    },
    send(file) {
      this.fault = file.size > this.most ? this.words.too_big : "";
      if (this.fault) return;
      const request = this.request = new XMLHttpRequest();
      this.name = file.name;
      this.share = 0;
      request.open("POST", `${this.action}?name=${encodeURIComponent(file.name)}`);
      request.responseType = "json";
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => { if (event.lengthComputable) this.share = event.loaded / event.total; };
      request.onload = () => this.answered(request);
      request.onerror = () => this.refuse(this.words.lost);
      request.onabort = () => { this.share = null; };
      request.send(file);
    },
    answered(request) {
      const answer = request.response;
      if (request.status === 201 && this.onward && Number.isInteger(answer?.id)) window.location.assign(this.onward + answer.id);
      else if (request.status === 201 && !this.onward) {
        this.share = null;
        this.$emit("taken", String(answer?.id));
      } else this.refuse(answer?.message || this.words.lost);
    },
    refuse(fault) {
      this.share = null;
      this.fault = fault;
      this.$nextTick(() => this.$refs.input.focus());
    },
    cancel() {
      this.request.abort();
      this.$nextTick(() => this.$refs.input.focus());
    },
  },
};
