export default {
  inheritAttrs: false,
  template: `<div v-bind="$attrs" :id="name" class="fy-anchor"><slot /></div>`,
  props: { name: String },
  mounted() { if (location.hash === `#${this.name}`) this.$nextTick(() => this.$el.scrollIntoView()); }, // as the browser looked, it was not there
};
