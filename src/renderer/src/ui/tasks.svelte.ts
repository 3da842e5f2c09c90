import { messageOf } from '../../../shared/api/errors.ts';
import { isoNow } from './time-text.ts';

export type TaskState = 'running' | 'done' | 'failed';

export interface TaskStep {
  text: string;
  state: TaskState;
}

/** Something that takes over a second: it survives navigation and says how it ended. */
export class Task {
  state = $state<TaskState>('running');
  steps = $state.raw<readonly TaskStep[]>([]);
  error = $state.raw<string | null>(null);
  endedAt = $state.raw<string | null>(null);

  constructor(
    readonly id: number,
    readonly title: string,
    /** ISO time. */
    readonly startedAt: string,
    readonly signal: AbortSignal,
    readonly cancel: () => void,
  ) {}

  /** Starts the next step; the one before it is done. */
  step(text: string): void {
    this.steps = [...this.#endedSteps('done'), { text, state: 'running' }];
  }

  end(error?: unknown): void {
    this.state = error === undefined ? 'done' : 'failed';
    this.steps = this.#endedSteps(this.state);
    this.error = error === undefined ? null : messageOf(error);
    this.endedAt = isoNow();
  }

  #endedSteps(last: TaskState): TaskStep[] {
    return this.steps.map((step) => (step.state === 'running' ? { ...step, state: last } : step));
  }
}

/** The tasks of this window, newest first; ended ones are kept until they are cleared. */
export class Tasks {
  list = $state.raw<readonly Task[]>([]);
  #nextId = 1;

  get running(): number {
    return this.list.filter((task) => task.state === 'running').length;
  }

  /** Runs the work as a task. Resolves when it ended, with whether it succeeded: a failure is the task's to show, not the caller's to catch. */
  async run(title: string, work: (task: Task) => Promise<void>): Promise<boolean> {
    const abort = new AbortController();
    const task = new Task(this.#nextId++, title, isoNow(), abort.signal, () => abort.abort(new Error('Cancelled')));
    this.list = [task, ...this.list];
    try {
      await work(task);
      task.end();
      return true;
    } catch (error) {
      task.end(error);
      return false;
    }
  }

  clearEnded(): void {
    this.list = this.list.filter((task) => task.state === 'running');
  }
}
