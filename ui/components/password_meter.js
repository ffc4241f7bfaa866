import { reveal, watch } from "/assets/strength.js";

export default {
  template: `
    <div class="fy-meter" :data-who="who">
      <div class="bars" aria-hidden="true"><i></i><i></i><i></i><i></i></div>
      <span class="words" role="status"></span>
      <button ref="eye" type="button" aria-pressed="false" :data-show="showWords" :data-hide="hideWords">{{ showWords }}</button>
    </div>
  `,
  props: { who: String, field: String, showWords: String, hideWords: String },
  mounted() {
    const input = this.$el.closest("form").elements[this.field];
    this.stop = watch(input, this.$el);
    reveal(input, this.$refs.eye);
  },
  beforeUnmount() { this.stop?.(); },
};
