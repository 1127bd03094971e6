/** The frame of a part that is fetched: what stands there meanwhile, and when it fails. */

import { Component, Suspense, type ReactNode } from "react";
import { PartFailure } from "./Failure";

interface PartProps {
  /** Around what is said while it is fetched, and where it is missing. */
  frame?: (content: ReactNode) => ReactNode;
  waiting: ReactNode;
  children: ReactNode;
}

interface State {
  error: unknown;
}

const bare = (content: ReactNode): ReactNode => content;

export class Part extends Component<PartProps, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    const { frame = bare, waiting, children } = this.props;
    const { error } = this.state;
    if (error !== null) return frame(<PartFailure error={error} />);
    return <Suspense fallback={frame(waiting)}>{children}</Suspense>;
  }
}
