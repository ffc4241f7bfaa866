const ROOM = { width: 800, height: 224 }; // twice what mail keeps of a picture

export default { // a logo; where it is a drawing, its picture is made here and handed in
  emits: ["drawn"],
  template: `<img :src="address" alt="The logo" />`,
  props: { address: String, action: String },
  mounted() { if (this.action) this.draw(); },
  methods: {
    async draw() {
      try {
        const headers = { "Content-Type": "application/octet-stream" };
        await fetch(this.action, { method: "POST", credentials: "same-origin", headers, body: await this.picture() });
      } catch {
        // the page says that mail goes without
      } finally {
        this.$emit("drawn");
      }
    },
    async picture() {
      const drawing = await (await fetch(this.address)).text();
      const root = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
      const [width, height] = measures(root);
      const scale = Math.min(ROOM.width / width, ROOM.height / height);
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
      root.setAttribute("width", canvas.width); // without measures Firefox draws nothing
      root.setAttribute("height", canvas.height);
      if (!root.hasAttribute("viewBox")) root.setAttribute("viewBox", `0 0 ${width} ${height}`);
      canvas.getContext("2d").drawImage(await shown(new XMLSerializer().serializeToString(root)), 0, 0, canvas.width, canvas.height);
      return new Promise((done) => canvas.toBlob(done, "image/png"));
    },
  },
};

function measures(root) {
  const [, , width, height] = (root.getAttribute("viewBox") ?? "").trim().split(/[\s,]+/).map(Number);
  const given = (name, otherwise) => parseFloat(root.getAttribute(name)) || otherwise;
  return width > 0 && height > 0 ? [width, height] : [given("width", 300), given("height", 150)];
}

function shown(drawing) {
  return new Promise((loaded, failed) => {
    const image = new Image();
    image.onload = () => loaded(image);
    image.onerror = () => failed(new Error("The drawing cannot be shown."));
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing)}`;
  });
}
