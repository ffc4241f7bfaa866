export default {
  template: "<i hidden></i>",
  props: { accent: String, ink: String, icon: String },
  mounted() { this.wear(); },
  watch: { accent: "wear", icon: "wear" },
  methods: {
    wear() {
      const { style } = document.documentElement;
      style.setProperty("--accent", this.accent);
      style.setProperty("--accent-ink", this.ink);
      for (const link of document.querySelectorAll('link[rel~="icon"]')) {
        if (link.getAttribute("href") !== this.icon) link.href = this.icon;
      }
    },
  },
};
