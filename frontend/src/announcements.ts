// Messages of staff to the learner, shown one at a time until the learner has read them, which is reported to the
// server.

import type { Bar } from './timer_bar';
import { change } from './http';

export interface Announcement {
  id: number | string;
  text: string;
  at?: string;
}

export class Announcements {
  private readonly read = new Set<number | string>();
  private showing?: number | string;

  /** `address`: the URL of the attempt's resources of the live board; '' if it is not installed. */
  constructor(
    private readonly bar: Bar,
    private readonly attemptId: number,
    private readonly address: () => string,
  ) {}

  show(messages: Announcement[]): void {
    // The request was lost, so the server still lists the message.
    for (const { id } of messages) if (this.read.has(id)) this.tell(id);
    const next = messages.find(({ id }) => !this.read.has(id));
    const isGone = this.showing !== undefined && !messages.some(({ id }) => id === this.showing);
    if (isGone) {
      this.showing = undefined; // read in another window, or withdrawn
      this.bar.notes.announcement();
    }
    if (!next || this.showing === next.id) return;
    this.showing = next.id;
    this.bar.notes.announcement(next, () => {
      this.read.add(next.id);
      this.showing = undefined;
      this.tell(next.id);
      const detail = { id: next.id, attemptId: this.attemptId };
      document.dispatchEvent(new CustomEvent('proctoring:announcement-read', { detail }));
      this.show(messages.filter(({ id }) => !this.read.has(id)));
    });
  }

  private tell(id: number | string): void {
    const address = this.address();
    // with the next poll again
    if (address) change('POST', `${address}announcements/${id}/seen/`, {}).catch(() => undefined);
  }
}
