/** Colours of a log, by names that the panel gives a light and a dark look. */
const COLOURS = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
  "bright-black",
  "bright-red",
  "bright-green",
  "bright-yellow",
  "bright-blue",
  "bright-magenta",
  "bright-cyan",
  "bright-white",
] as const;
export type Colour = (typeof COLOURS)[number];

/** The names around the wheel of hues, from red on, one for each 60 degrees. */
const WHEEL = ["red", "yellow", "green", "cyan", "blue", "magenta"] as const;

/** Below this difference of its channels a colour is a grey. */
const GREY = 32;
/** From this value of its strongest channel on a colour is a bright one. */
const BRIGHT = 208;

/** A colour of the palette of 256, or null where there is none of the number. */
export function paletteColour(index: number): Colour | null {
  if (!Number.isInteger(index) || index < 0 || index > 255) return null;
  const named = COLOURS[index];
  if (named !== undefined) return named;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return nearestColour(grey, grey, grey);
  }
  const cube = index - 16;
  return nearestColour(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/**
 * The name that is nearest to a colour of any kind. A log shows names only: a colour that was chosen for a black terminal
 * cannot be read on a white page.
 */
export function nearestColour(red: number, green: number, blue: number): Colour | null {
  if (![red, green, blue].every((channel) => Number.isInteger(channel) && channel >= 0 && channel <= 255)) return null;
  const strongest = Math.max(red, green, blue);
  const weakest = Math.min(red, green, blue);
  if (strongest - weakest < GREY) {
    if (strongest < 64) return "black";
    if (strongest < 144) return "bright-black";
    return strongest < 224 ? "white" : "bright-white";
  }
  const name = WHEEL[Math.round(hue(red, green, blue, strongest, strongest - weakest)) % 6] ?? "red";
  return strongest >= BRIGHT ? `bright-${name}` : name;
}

/** In sixths of the wheel, from 0 (red) on. */
function hue(red: number, green: number, blue: number, strongest: number, range: number): number {
  if (strongest === red) return ((green - blue) / range + 6) % 6;
  if (strongest === green) return (blue - red) / range + 2;
  return (red - green) / range + 4;
}

/** A step of the 6 × 6 × 6 cube as a channel. */
function level(step: number): number {
  return step === 0 ? 0 : 55 + step * 40;
}
