package org.hitotsu.forwarder.membership;

/** Says in a few words why a socket operation failed. */
final class Causes {

    private Causes() {}

    /** The errno's text, without the call before it and the address behind it which Netty adds. */
    static String shortCause(Throwable cause) {
        String message = cause.getMessage();
        if (message == null) {
            return cause.getClass().getSimpleName();
        }
        int address = message.indexOf(": /");
        String head = address > 0 ? message.substring(0, address) : message;
        int errno = head.indexOf("error(");
        int text = errno >= 0 ? head.indexOf("): ", errno) : -1;
        return text >= 0 ? head.substring(text + 3) : head;
    }
}
