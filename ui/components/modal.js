const open = new Set(); // the dialogs that stand before the page; while there is one, the page behind takes no part

function settle() {
  const page = document.getElementById("app");
  if (page) page.inert = open.size > 0;
  document.documentElement.classList.toggle("nicegui-dialog-open", open.size > 0);
}

export default {
  template: `<q-dialog @show="enter" @before-hide="leave" @hide="leave"><slot /></q-dialog>`,
  unmounted() { this.leave(); },
  methods: {
    enter() { open.add(this); settle(); }, // once it is there: it has to remember where the focus was
    leave() { open.delete(this); settle(); },  // before it hides, so that the focus can go back to where it was
  },
};
