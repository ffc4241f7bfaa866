export default {
  inheritAttrs: false,
  template: `<q-btn v-bind="$attrs" unelevated no-caps :ripple="false" :label="label" :icon="icon" @click="save" />`,
  props: { label: String, text: String, filename: String, icon: String },
  methods: {
    save() { // made here from what the page shows: nothing is asked of the server, and no address leads to it
      const url = URL.createObjectURL(new Blob([this.text], { type: "text/plain;charset=utf-8" }));
      const link = Object.assign(document.createElement("a"), { href: url, download: this.filename });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    },
  },
};
