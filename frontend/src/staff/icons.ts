// Drawings of 16 × 16, in the colour of the text. They are decorative: the texts next to them have the same meaning.

import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

const SHAPES = {
  asc: svg`<path d="M8 13V3.5M4.5 7 8 3.5 11.5 7"/>`,
  bad: svg`<circle cx="8" cy="8" r="5.5"/><path d="m6 6 4 4M10 6l-4 4"/>`,
  clock: svg`<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3l2 1.5"/>`,
  close: svg`<path d="m4 4 8 8M12 4l-8 8"/>`,
  desc: svg`<path d="M8 3v9.5M4.5 9 8 12.5 11.5 9"/>`,
  edit: svg`<path d="M3.5 12.5 4 10l6-6 2 2-6 6z"/>`,
  done: svg`<circle cx="8" cy="8" r="5.5" fill="currentColor"/>`,
  down: svg`<path d="m4.5 6.25 3.5 3.5 3.5-3.5"/>`,
  download: svg`<path d="M8 2.5v7.5M4.75 7 8 10.25 11.25 7M3 13.25h10"/>`,
  external: svg`<path d="M9 3h4v4M13 3 7.5 8.5M11 9.5V13H3V5h3.5"/>`,
  file: svg`<path d="M4 2.5h5l3 3v8H4zM9 2.5v3h3"/>`,
  idle: svg`<circle cx="8" cy="8" r="5.25" stroke-dasharray="2 2.1"/>`,
  left: svg`<path d="M9.75 4.5 6.25 8l3.5 3.5"/>`,
  lock: svg`<rect x="3.5" y="7" width="9" height="6.25" rx="1"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>`,
  ok: svg`<circle cx="8" cy="8" r="5.5"/><path d="m5.5 8.25 1.75 1.75 3.25-3.5"/>`,
  link: svg`<path d="M6.5 9.5 9.5 6.5M7 5l1.25-1.25a2.65 2.65 0 0 1 3.75 3.75L10.75 8.75M9 11l-1.25 1.25A2.65 2.65 0 0 1 4 8.5l1.25-1.25"/>`,
  more: svg`<path d="M3.5 8v.01M8 8v.01M12.5 8v.01" stroke-width="2"/>`,
  pause: svg`<path d="M6 4v8M10 4v8"/>`,
  play: svg`<path d="M5 3.25v9.5L12.5 8z"/>`,
  refresh: svg`<path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.75h-2.75"/>`,
  right: svg`<path d="m6.25 4.5 3.5 3.5-3.5 3.5"/>`,
  run: svg`<circle cx="8" cy="8" r="5.25"/><path d="M8 8V2.75A5.25 5.25 0 0 1 13.25 8z" fill="currentColor"/>`,
  scale: svg`<path d="M8 2.5v11M5 13.5h6M3 5h10M3 5 1.5 9h3zM13 5l-1.5 4h3z"/>`,
  plus: svg`<path d="M8 3.5v9M3.5 8h9"/>`,
  search: svg`<circle cx="7" cy="7" r="4.25"/><path d="m10.25 10.25 3.25 3.25"/>`,
  sort: svg`<path d="m5 6 3-3 3 3M5 10l3 3 3-3"/>`,
  trash: svg`<path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5 5 13.5h6l.5-9"/>`,
  wait: svg`<circle cx="8" cy="8" r="5.25"/><path d="M8 2.75a5.25 5.25 0 0 1 0 10.5z" fill="currentColor"/>`,
  warn: svg`<path d="M8 2.5 14 13H2zM8 6.5v3M8 11.25v.01"/>`,
  clockPlus: svg`<path d="M13.4 7.2A5.5 5.5 0 1 0 8 13.5M8 5v3l1.5 1.25M12.25 10v4.5M10 12.25h4.5"/>`,
  flag: svg`<path d="M3.75 13.5V3h8.5l-2 3.25 2 3.25h-8.5"/>`,
  hand: svg`<path d="M5 8V4.25a1 1 0 0 1 2 0V7.5M7 3.25a1 1 0 0 1 2 0V7.5M9 4.25a1 1 0 0 1 2 0V9c0 3-1.25 4.5-3.25 4.5C5.5 13.5 4.5 12 3 9.25a1 1 0 0 1 1.6-1L5 9"/>`,
  megaphone: svg`<path d="M3 6.5v3h2l6.5 3V3.5L5 6.5zM5.5 9.5l.75 3.5h1.75L7.5 10.25M13.5 7v2"/>`,
  message: svg`<path d="M2.75 3.25h10.5v7.5H8L5 13.25v-2.5H2.75z"/>`,
  server: svg`<rect x="2.75" y="3" width="10.5" height="4" rx="1"/><rect x="2.75" y="9" width="10.5" height="4" rx="1"/><path d="M5.25 5v.01M5.25 11v.01"/>`,
  signal: svg`<path d="M2.5 6a8.5 8.5 0 0 1 11 0M4.75 8.75a5 5 0 0 1 6.5 0M8 12v.01"/>`,
  silent: svg`<path d="M2.5 6a8.5 8.5 0 0 1 2.2-1.5M7 3.8A8.5 8.5 0 0 1 13.5 6M4.75 8.5a5 5 0 0 1 1.9-1.2M11.25 8.5M8 12v.01M2.5 2.5l11 11"/>`,
  stop: svg`<rect x="3.75" y="3.75" width="8.5" height="8.5" rx="1"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof SHAPES;

/** Icons with a direction are mirrored in right-to-left languages. */
const DIRECTED = new Set<IconName>(['left', 'right', 'play', 'external']);

export function icon(name: IconName): TemplateResult {
  const classes = DIRECTED.has(name) ? 'icon icon-dir' : 'icon';
  return html`<svg class=${classes} aria-hidden="true" viewBox="0 0 16 16">${SHAPES[name]}</svg>`;
}
