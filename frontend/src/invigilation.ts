// The live board's part of a learner's page: messages of staff, questions to them, and faster polls.

import { type Announcement, Announcements } from './announcements';
import type { Bar } from './timer_bar';
import type { QuestionState } from './questions';
import { RaiseHand } from './raise_hand';

export const SHOWS_MESSAGES = { 'X-Proctoring-Messages': '1' }; // staff see which pages cannot show messages

/** The part of the polled data that an extension adds; absent where it is not installed. */
export interface Invigilated {
  announcements?: Announcement[];
  questions?: QuestionState;
  poll_seconds?: number;
  live_url?: string; // of the attempt's resources
}

export class Invigilation {
  private url = '';
  private seconds = Infinity;
  private readonly announcements: Announcements;
  private readonly hand: RaiseHand;

  constructor(root: HTMLElement, bar: Bar, attemptId: number) {
    this.announcements = new Announcements(bar, attemptId, () => this.url);
    this.hand = new RaiseHand(root, () => this.url, (text) => bar.say(text));
  }

  take({ announcements = [], questions, poll_seconds: seconds, live_url: url = '' }: Invigilated): void {
    this.url = url;
    this.seconds = seconds ?? Infinity;
    this.announcements.show(announcements);
    this.hand.show(questions);
  }

  /** The interval of polls in milliseconds: this one, or the board's if that is shorter. */
  interval(usual: number): number {
    return Math.min(this.seconds * 1000, usual);
  }
}
