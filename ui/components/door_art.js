export default {
  template: `
    <svg class="fy-door-art" viewBox="0 0 208 164" aria-hidden="true">
      <path class="ground" d="M4 136h200" fill="none" />
      <path class="glow" d="M78 136h52l64 25H42z" />
      <rect class="frame" x="68" y="6" width="72" height="130" rx="5" />
      <rect class="gap" x="76" y="14" width="56" height="122" />
      <path class="leaf" d="M76 14l33 12v120l-33-10z" />
      <circle class="knob" cx="102" cy="86" r="3.5" />
      <path class="plant" d="M168 114V81M168 100c-10-1-17-8-18-22M168 96c11-1 17-10 18-26" />
      <path class="pot" d="M157 114h22l-3.500 22h-15z" />
    </svg>
  `,
};
