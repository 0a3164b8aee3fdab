// Drawings of 16 × 16, in the colour of the text. They are decorative: the texts next to them have the same meaning.

import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

const SHAPES = {
  asc: svg`<path d="M8 13V3.5M4.5 7 8 3.5 11.5 7"/>`,
  bad: svg`<circle cx="8" cy="8" r="5.5"/><path d="m6 6 4 4M10 6l-4 4"/>`,
  clock: svg`<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3l2 1.5"/>`,
  close: svg`<path d="m4 4 8 8M12 4l-8 8"/>`,
  desc: svg`<path d="M8 3v9.5M4.5 9 8 12.5 11.5 9"/>`,
  done: svg`<circle cx="8" cy="8" r="5.5" fill="currentColor"/>`,
  down: svg`<path d="m4.5 6.25 3.5 3.5 3.5-3.5"/>`,
  file: svg`<path d="M4 2.5h5l3 3v8H4zM9 2.5v3h3"/>`,
  idle: svg`<circle cx="8" cy="8" r="5.25" stroke-dasharray="2 2.1"/>`,
  left: svg`<path d="M9.75 4.5 6.25 8l3.5 3.5"/>`,
  lock: svg`<rect x="3.5" y="7" width="9" height="6.25" rx="1"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>`,
  ok: svg`<circle cx="8" cy="8" r="5.5"/><path d="m5.5 8.25 1.75 1.75 3.25-3.5"/>`,
  play: svg`<path d="M5 3.25v9.5L12.5 8z"/>`,
  refresh: svg`<path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.75h-2.75"/>`,
  right: svg`<path d="m6.25 4.5 3.5 3.5-3.5 3.5"/>`,
  run: svg`<circle cx="8" cy="8" r="5.25"/><path d="M8 8V2.75A5.25 5.25 0 0 1 13.25 8z" fill="currentColor"/>`,
  scale: svg`<path d="M8 2.5v11M5 13.5h6M3 5h10M3 5 1.5 9h3zM13 5l-1.5 4h3z"/>`,
  search: svg`<circle cx="7" cy="7" r="4.25"/><path d="m10.25 10.25 3.25 3.25"/>`,
  sort: svg`<path d="m5 6 3-3 3 3M5 10l3 3 3-3"/>`,
  wait: svg`<circle cx="8" cy="8" r="5.25"/><path d="M8 2.75a5.25 5.25 0 0 1 0 10.5z" fill="currentColor"/>`,
  warn: svg`<path d="M8 2.5 14 13H2zM8 6.5v3M8 11.25v.01"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof SHAPES;

/** Icons with a direction are mirrored in right-to-left languages. */
const DIRECTED = new Set<IconName>(['left', 'right', 'play']);

export function icon(name: IconName): TemplateResult {
  const classes = DIRECTED.has(name) ? 'icon icon-dir' : 'icon';
  return html`<svg class=${classes} aria-hidden="true" viewBox="0 0 16 16">${SHAPES[name]}</svg>`;
}
