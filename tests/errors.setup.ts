/** jest keeps a hundred frames of every error and copies each of them, whether anybody reads it or not: here, Node's ten. */
Error.stackTraceLimit = 10;
