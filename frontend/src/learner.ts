// All that a learner's page needs.

import { STARTS, publish } from './proctored_exam';
import { fillInfoPanel } from './info_panel';
import { expectBar, givePlace, keepPlace } from './timer_bar_space';
import { awaitScreens, bindScreens } from './screens';
import { loadTexts } from './text_catalog';
import { showTimer } from './timer';
import { endTyped, showWhatWasLeft } from './unsaved_answers';

function begin(): void {
  const root = document.querySelector<HTMLElement>('.proctored_exam_status');
  if (root) keepPlace(root);
  document.addEventListener(STARTS, expectBar);
  bindScreens();
  void loadTexts().then(() => {
    awaitScreens();
    showWhatWasLeft();
    if (root) {
      void showTimer(root).then((bar) => {
        givePlace(root, bar !== null);
        if (endTyped(bar?.data.attempt_id)) showWhatWasLeft();
      });
    }
  });
  const panel = document.querySelector<HTMLElement>('.proctoring-info-panel');
  if (panel) void fillInfoPanel(panel);
}

publish(); // immediately, because scripts in hosts' templates use it before the page is complete
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
else begin();
