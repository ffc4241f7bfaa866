export default {
  template: `
    <span v-if="faces.length" class="fy-faces">
      <span v-for="one in faces" :key="one.name" :class="one.look" :title="one.name" aria-hidden="true">{{ one.initials }}</span>
      <span class="fy-sr">{{ faces.map((one) => one.name).join(", ") }}</span>
    </span>
  `,
  props: { faces: { type: Array, default: () => [] } },
};
