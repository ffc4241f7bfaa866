export default {
  emits: ["taken", "fault"],
  template: `<form method="post" novalidate :action="action" @submit.prevent="send"><slot /></form>`,
  props: { action: String, lost: String },
  methods: {
    told(form, fault) {
      this.$emit("fault", fault);
      if (fault.field) form.elements[fault.field]?.focus();
    },
    again() { this.$el.requestSubmit(this.pressed); },
    async send(event) {
      if (this.busy) return;
      this.busy = true;
      this.pressed = event.submitter;
      const patience = setTimeout(() => this.pressed?.setAttribute("aria-busy", "true"), 300);
      try {
        const answer = await fetch(this.action, {
          method: "POST", credentials: "same-origin", body: new URLSearchParams(new FormData(event.target, event.submitter)),
        });
        if (answer.status === 204) this.$emit("taken");
        else this.told(event.target, await answer.json());
      } catch {
        this.told(event.target, { field: "", message: this.lost });
      } finally {
        clearTimeout(patience);
        this.pressed?.removeAttribute("aria-busy");
        this.busy = false;
      }
    },
  },
};
