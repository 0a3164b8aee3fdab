// Headings: in other pages, sections begin at a lower level.

import type { TemplateResult } from 'lit';
import { html, literal } from 'lit/static-html.js';

const TAGS = [literal`h1`, literal`h2`, literal`h3`, literal`h4`, literal`h5`, literal`h6`];

/** The heading takes the focus by script: `tabindex` is -1. */
export function heading(level: number, content: unknown, className = ''): TemplateResult {
  const tag = TAGS[Math.min(Math.max(Math.floor(level), 1), 6) - 1];
  return html`<${tag} class="heading ${className}" tabindex="-1">${content}</${tag}>`;
}
