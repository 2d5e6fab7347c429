import { systemCode } from "../../contract/refusal.ts";

/** Why a request is not sent or not answered, in words. */
export interface RequestProblem {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** Where a URL leads: the host without the brackets of an IPv6 address, the port, and both as people write them. */
export function endpointOf(url: URL): { readonly host: string; readonly port: number; readonly shown: string } {
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replaceAll(/^\[|\]$/g, ""), port, shown: `${url.hostname}:${port}` };
}

const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that this machine does not know",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from an authority that this machine does not know",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that this machine does not know",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes without the one that signed it",
  CERT_REVOKED: "its certificate was revoked",
};

/** Why a service was not reached or did not answer, from the error of its socket. What the service said is not repeated. */
export function connectionProblem(error: unknown, url: URL): RequestProblem {
  const code = systemCode(error) ?? firstCode(error) ?? "unknown";
  const { host, shown } = endpointOf(url);
  const certificate = CERTIFICATES[code];
  if (certificate !== undefined) {
    return {
      code: "tls_refused",
      message: `${shown} was not trusted: ${certificate}.`,
      next:
        "Let the service have a valid certificate. One of an authority of your own is trusted where NODE_EXTRA_CA_CERTS " +
        "names that authority's file when the app starts.",
    };
  }
  if (code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS") || code === "EPROTO") {
    return {
      code: "tls_refused",
      message: `${shown} could not be spoken to over TLS (${code}).`,
      next: "Where the service speaks plain HTTP, begin the URL with http://; else mend its TLS settings.",
    };
  }
  if (code.startsWith("HPE_")) {
    return {
      code: "answer_invalid",
      message: `${shown} answered with something that is not HTTP (${code}).`,
      next: "Check the port in the URL; where the service speaks TLS, begin the URL with https://.",
    };
  }
  switch (code) {
    case "ECONNREFUSED":
      return {
        code: "connection_refused",
        message: `${shown} refused the connection.`,
        next: "Start the service, or correct host and port of the URL in the agent's configuration.",
      };
    case "ENOTFOUND":
      return {
        code: "host_not_found",
        message: `There is no host of the name ${host}.`,
        next: "Correct the name in the URL of the agent's configuration.",
      };
    case "EAI_AGAIN":
      return {
        code: "host_not_found",
        message: `The name ${host} could not be looked up: the name service did not answer.`,
        next: "Check the network connection, then try again.",
      };
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
    case "EHOSTDOWN":
      return {
        code: "host_unreachable",
        message: `${shown} could not be reached (${code}).`,
        next: "Check that the machine is on and that no firewall is in the way.",
      };
    case "ECONNRESET":
    case "EPIPE":
      return {
        code: "connection_lost",
        message: `${shown} ended the connection before its answer was complete.`,
        next: "See in the log of the service why. What it did of the run is known there only.",
      };
    default:
      return {
        code: "request_failed",
        message: `The request to ${shown} failed (${code}).`,
        next: "Check the URL in the agent's configuration, and the log of the service.",
      };
  }
}

/** Of several addresses of a host, each of which failed. */
function firstCode(error: unknown): string | null {
  return error instanceof AggregateError ? (error.errors.map(systemCode).find((code) => code !== null) ?? null) : null;
}
