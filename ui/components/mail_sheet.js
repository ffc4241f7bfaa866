export default {
  template: `<iframe ref="sheet" class="fy-mailsheet" :title="label" tabindex="-1" sandbox="allow-same-origin" :srcdoc="html" @load="fit"></iframe>`,
  props: { html: String, label: String },
  mounted() { window.addEventListener("resize", this.fit); },
  beforeUnmount() { window.removeEventListener("resize", this.fit); },
  methods: {
    fit() { // as high as the mail, not as what it scrolls in: that is never lower than the frame has been
      const { sheet } = this.$refs;
      const page = sheet?.contentDocument?.documentElement;
      if (!page) return;
      sheet.style.height = `${page.offsetHeight + sheet.offsetHeight - sheet.clientHeight}px`;
      for (const link of page.querySelectorAll("a")) link.tabIndex = -1; // to be looked at, by key as by mouse
    },
  },
};
