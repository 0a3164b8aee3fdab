// The screen of an interrupted exam: it continues automatically once the course team permits it.

import { backOff, isPassing, pause, send } from './http';
import { errorText, navigation, showError } from './page';
import { wakened } from './instructions_screen';

const POLL_FIRST_MS = 5000;
const POLL_SLOWEST_MS = 20000;
const SLOWER = 0.1; // the pause doubles every ten turns

interface Interrupted {
  status?: string;
  ready_to_resume?: boolean;
}

function isStillInterrupted(attempt: Interrupted | null): boolean {
  return !attempt?.status || (attempt.status === 'error' && !attempt.ready_to_resume);
}

async function wait(screen: HTMLElement): Promise<void> {
  for (let turn = 1; ; turn += SLOWER) {
    await pause(backOff(turn, POLL_FIRST_MS, POLL_SLOWEST_MS));
    await wakened();
    if (!screen.isConnected) return;
    try {
      const attempt = await send<Interrupted>('GET', screen.dataset.resumePollUrl ?? '');
      if (isStillInterrupted(attempt)) continue;
      if (screen.isConnected) navigation.reload();
      return;
    } catch (error) {
      if (!isPassing(error)) return showError(screen, errorText(error));
    }
  }
}

/** Watch the attempt of a screen that says that it was interrupted. */
export function watchInterrupted(): void {
  const screen = document.querySelector<HTMLElement>('.sequence[data-resume-poll-url]:not([data-watched])');
  if (!screen) return;
  screen.dataset.watched = 'true';
  void wait(screen);
}
