// Messages that an extension puts into the polled data: one after the other, each until the learner has read it.

import type { Bar } from './bar';

export interface Announcement {
  id: number | string;
  text: string;
}

export class Announcements {
  private readonly read = new Set<number | string>();
  private showing?: number | string;

  constructor(private readonly bar: Bar, private readonly attemptId: number) {}

  /** The event tells the extension's script that the learner has read a message. */
  show(messages: Announcement[]): void {
    const next = messages.find(({ id }) => !this.read.has(id));
    if (!next || this.showing === next.id) return;
    this.showing = next.id;
    this.bar.announcement(next.text, () => {
      this.read.add(next.id);
      const detail = { id: next.id, attemptId: this.attemptId };
      document.dispatchEvent(new CustomEvent('proctoring:announcement-read', { detail }));
      this.show(messages);
    });
  }
}
