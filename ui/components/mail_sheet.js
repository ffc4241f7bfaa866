export default {
  template: `<iframe ref="sheet" class="fy-mailsheet" :title="label" tabindex="-1" sandbox="allow-same-origin" :srcdoc="html" @load="fit"></iframe>`,
  props: { html: String, label: String },
  mounted() { window.addEventListener("resize", this.fit); },
  beforeUnmount() { window.removeEventListener("resize", this.fit); },
  methods: {
    fit() {
      const page = this.$refs.sheet?.contentDocument?.documentElement;
      if (page) this.$refs.sheet.style.height = `${page.scrollHeight}px`;
    },
  },
};
