const typing = (element) => element?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? "");

export default {
  emits: ["back"],
  template: `<span hidden />`,
  props: { field: String },
  mounted() {
    window.addEventListener("popstate", this.back);
    document.addEventListener("keydown", this.key);
  },
  beforeUnmount() {
    window.removeEventListener("popstate", this.back);
    document.removeEventListener("keydown", this.key);
  },
  methods: {
    go(query, step) {
      history[step ? "pushState" : "replaceState"](history.state, "", location.pathname + query);
    },
    back() { this.$emit("back", Object.fromEntries(new URLSearchParams(location.search))); },
    key(event) {
      const busy = event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector(".q-dialog, .q-menu");
      if (event.key !== "/" || busy || !this.field) return;
      const input = document.getElementById(this.field)?.querySelector("input") ?? document.getElementById(this.field);
      if (!input) return;
      event.preventDefault();
      input.focus();
      input.select?.();
    },
  },
};
