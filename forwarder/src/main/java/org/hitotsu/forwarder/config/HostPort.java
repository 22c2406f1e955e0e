package org.hitotsu.forwarder.config;

/**
 * An address and a TCP port.
 *
 * @param host name or literal address, without brackets
 * @param port 0 to 65535; 0 lets the kernel choose
 */
public record HostPort(String host, int port) {

    /** Checks the port. */
    public HostPort {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("no address before the port");
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not between 0 and 65535");
        }
    }

    /**
     * Parses {@code ADDRESS:PORT} or {@code [IPV6]:PORT}.
     *
     * @throws IllegalArgumentException with the cause, if it is neither
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("\"" + text + "\" has no port");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("\"" + text + "\" is an IPv6 address without brackets");
        }
        try {
            return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + text.substring(colon + 1) + "\" is not a port number", e);
        }
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
