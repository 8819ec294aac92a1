# Request Tracker as it comes, on PostgreSQL. Mail is composed and put into a file instead of being sent.
Set($rtname, 'bench');
Set($Organization, 'bench.example');
Set($DatabaseType, 'Pg');
Set($DatabaseHost, $ENV{PEER_DATABASE_HOST});
Set($DatabaseName, $ENV{PEER_DATABASE});
Set($DatabaseUser, 'postgres');
Set($DatabasePassword, '');
Set($WebDomain, 'localhost');
Set($WebPort, $ENV{PEER_PORT});
Set($Timezone, 'Asia/Shanghai');
Set($MailCommand, 'mbox');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
1;
