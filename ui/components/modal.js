const open = new Set(); // the dialogs that stand before the page; while there is one, the page behind takes no part
// `foyerFocus` (ui/theme.py) is where the focus was last in the page: a menu that opens a dialog is gone by its end.

function settle() {
  const page = document.getElementById("app");
  if (page) page.inert = open.size > 0;
  document.documentElement.classList.toggle("nicegui-dialog-open", open.size > 0);
}

export default {
  template: `<q-dialog no-refocus @before-show="remember" @show="enter" @before-hide="leaveAndGoBack"><slot /></q-dialog>`,
  unmounted() { this.leave(); },
  methods: {
    remember() {
      const now = document.activeElement;
      this.from = now === document.body || now.closest(".q-menu") ? window.foyerFocus : now;
    },
    enter() { open.add(this); settle(); },
    leave() { open.delete(this); settle(); },
    leaveAndGoBack() {
      this.leave();
      setTimeout(() => { // once Quasar has let go of the focus
        const now = document.activeElement;
        if (this.from?.isConnected && (now === document.body || now.closest(".q-dialog") || now.closest(".q-menu"))) this.from.focus();
      });
    },
  },
};
