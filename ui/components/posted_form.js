export default {
  emits: ["taken", "fault"],
  template: `<form method="post" novalidate :action="action" @submit.prevent="send"><slot /></form>`,
  props: { action: String, lost: String },
  methods: {
    async send(event) {
      if (this.busy) return;
      this.busy = true;
      try {
        const answer = await fetch(this.action, {
          method: "POST", credentials: "same-origin", body: new URLSearchParams(new FormData(event.target)),
        });
        if (answer.status === 204) this.$emit("taken");
        else this.$emit("fault", await answer.json());
      } catch {
        this.$emit("fault", { field: "", message: this.lost });
      } finally {
        this.busy = false;
      }
    },
  },
};
