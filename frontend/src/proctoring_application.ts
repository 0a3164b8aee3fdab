// Checks whether the proctoring application is still running, and reports its loss to the server.

import { pingApplication, workerUrl } from './proctored_exam';
import { backOff, isPassing, pause, send } from './http';
import { described } from './worker';

const FIRST_MS = 3000;
const SLOWEST_MS = 60000;

interface Exam {
  asks: () => boolean;
  stopped: () => boolean;
  lost: () => void;
}

export class Application {
  private reporting = false;

  constructor(private readonly url: string, private readonly seconds: number, private readonly exam: Exam) {}

  async ping(): Promise<void> {
    if (!workerUrl() || !this.exam.asks() || this.exam.stopped()) return;
    try {
      await pingApplication(this.seconds);
    } catch (error) {
      await this.report(described(error));
    }
  }

  /** Repeats the report until the network is back. */
  private async report(detail: string): Promise<void> {
    if (this.reporting) return;
    this.reporting = true;
    for (let failures = 1; !this.exam.stopped(); failures += 1) {
      try {
        const answer = await send<{ exam_attempt_id?: unknown }>('PUT', this.url, { action: 'error', detail });
        if (answer?.exam_attempt_id && !this.exam.stopped()) this.exam.lost();
        break;
      } catch (error) {
        if (!isPassing(error)) break;
        await pause(backOff(failures, FIRST_MS, SLOWEST_MS));
      }
    }
    this.reporting = false;
  }
}
