// Moments as a reader says them: their zone, and the language of the page. Used by every component that shows one.

const MINUTE = 60, HOUR = 3600, DAY = 86400;

export const locale = () => document.documentElement.lang || undefined;

const kept = new Map();
function formatter(Kind, options) {
  const key = `${Kind.name} ${locale()} ${JSON.stringify(options)}`;
  if (!kept.has(key)) kept.set(key, new Kind(locale(), options));
  return kept.get(key);
}
const dateFormat = (options) => formatter(Intl.DateTimeFormat, options);
const relative = (amount, unit) =>
  formatter(Intl.RelativeTimeFormat, { numeric: "auto", style: unit === "minute" ? "short" : "long" }).format(amount, unit);

const sameYear = (a, b) => a.getFullYear() === b.getFullYear();
const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
const daysBetween = (from, to) => Math.round((midnight(to) - midnight(from)) / (DAY * 1000));

export const day = (moment, now = new Date()) =>
  dateFormat({ day: "numeric", month: "short", ...(sameYear(moment, now) ? {} : { year: "numeric" }) }).format(moment);
export const fullDay = (moment) => dateFormat({ day: "numeric", month: "short", year: "numeric" }).format(moment);
export const clock = (moment) => dateFormat({ hour: "2-digit", minute: "2-digit" }).format(moment);
export const dayAndClock = (moment, now = new Date()) => `${day(moment, now)}, ${clock(moment)}`;
export const weekdayAndClock = (moment) => `${dateFormat({ weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(moment)}, ${clock(moment)}`;
export const whole = (moment) => dateFormat({ dateStyle: "full", timeStyle: "long" }).format(moment);

// "now", "6 min", "3 h", "yesterday", "14 Nov": as short as a column allows. min and h are the international signs.
export function ago(moment, now = new Date()) {
  const seconds = (now - moment) / 1000;
  const days = daysBetween(moment, now);
  if (Math.abs(seconds) < MINUTE) return relative(0, "second");
  if (seconds < 0) return ahead(moment, -seconds, -days, now);
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (days === 0 || seconds < 6 * HOUR) return `${Math.floor(seconds / HOUR)} h`;
  return days === 1 ? relative(-1, "day") : day(moment, now);
}

// The same with room to spare: "6 min ago", then the day and the time.
export function agoAtLength(moment, now = new Date()) {
  const seconds = (now - moment) / 1000;
  if (Math.abs(seconds) < MINUTE) return relative(0, "second");
  if (seconds < 0) return dayAndClock(moment, now);
  if (seconds < HOUR) return relative(-Math.floor(seconds / MINUTE), "minute");
  if (seconds < 6 * HOUR || daysBetween(moment, now) === 0) return relative(-Math.floor(seconds / HOUR), "hour");
  return dayAndClock(moment, now);
}

function ahead(moment, seconds, days, now) {
  if (seconds < HOUR) return relative(Math.ceil(seconds / MINUTE), "minute");
  if (days === 0 || seconds < 6 * HOUR) return relative(Math.round(seconds / HOUR), "hour");
  return days === 1 ? relative(1, "day") : day(moment, now);
}

export const minutesAndSeconds = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// One clock for the whole page: every listener is told each half minute, and when the page is looked at again.
const listeners = new Set();
const tell = () => listeners.forEach((listener) => listener(new Date()));
let ticking = null;
export function everyHalfMinute(listener) {
  listeners.add(listener);
  ticking ??= setInterval(tell, 30_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) { clearInterval(ticking); ticking = null; }
  };
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) tell(); });
