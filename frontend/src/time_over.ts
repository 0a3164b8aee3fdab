// Buttons of the timer bar that make no sense when the time is over, until time is added.

import { gettext } from './gettext';

/** Mark the buttons as disabled, with the reason. A disabled button would lose the focus. */
export function disableWithoutTime(buttons: Iterable<HTMLButtonElement>, isOver: boolean): void {
  for (const button of buttons) {
    const { dataset } = button;
    if (isOver && dataset.untilTheEnd === undefined && button.getAttribute('aria-busy') !== 'true') {
      dataset.untilTheEnd = button.title;
      button.title = gettext('Your time is over');
      button.setAttribute('aria-disabled', 'true');
    } else if (!isOver && dataset.untilTheEnd !== undefined) {
      button.title = dataset.untilTheEnd;
      delete dataset.untilTheEnd;
      button.removeAttribute('aria-disabled');
    }
  }
}

export function isDisabled(button: HTMLButtonElement): boolean {
  return button.getAttribute('aria-disabled') === 'true';
}
