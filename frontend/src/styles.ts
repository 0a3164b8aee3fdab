// The styles of the bar, of dialogs and of the cover of a pause, for pages that have no screen and so no link to learner.css.

import bar from './learner/bar.css?inline';
import basics from './learner/basics.css?inline';
import parts from './learner/parts.css?inline';
import tokens from './learner/tokens.css?inline';

let adopted = false;

/** Style sheets made by scripts need no permission of a content security policy. */
export function adoptStyles(): void {
  if (adopted || !('adoptedStyleSheets' in document) || typeof CSSStyleSheet.prototype.replaceSync !== 'function') return;
  adopted = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${tokens}${basics}${parts}${bar}`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
