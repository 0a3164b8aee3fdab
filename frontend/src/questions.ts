// Questions of learners to the invigilator, as the server tells of them.

export const LONGEST_QUESTION = 200; // characters

export interface AskedQuestion {
  id: number;
  text: string;
  asked_at: string;
}

/** The server's data about the learner's questions. */
export interface QuestionState {
  enabled: boolean;
  open: AskedQuestion | null;
}
