import { Link } from "@tanstack/react-router";
import { CompanyForm } from "./company-form.tsx";

/** The company: the outer boundary of everything that follows. */
export function CompanyStep() {
  return (
    <>
      <p className="welcome-lead">
        A company holds agents, routines and secrets, and nothing of it is visible to another. One is enough to begin
        with.
      </p>
      <CompanyForm />
      <div>
        <p className="quiet">A backup of another machine, or of one that was lost, brings its companies.</p>
        <Link to="/backups" search={{ ask: "restore" }}>
          Restore from a backup…
        </Link>
      </div>
    </>
  );
}
